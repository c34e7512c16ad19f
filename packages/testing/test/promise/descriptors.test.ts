/** Additional descriptors through the face without Effect. */
import type { PromiseClient } from "@spawnbroker/client/promise"
import { assert, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { promiseHost } from "./promise-host.ts"

const { open } = promiseHost()
let client: PromiseClient
beforeAll(async () => {
  client = await open()
})
afterAll(() => client.close())

const script = (line: string, additionalFds: Readonly<Record<number, "input" | "output" | "duplex">>) =>
  client.spawn("sh", { args: ["-c", line], additionalFds })

it("a descriptor is read as lines and written as stdin is, and is the same thing each time", async () => {
  await using proc = await script("cat <&3 >&3", { 3: "duplex" })
  assert.strictEqual(await proc.input(3).write("one\ntwo\nthree"), 13)
  await proc.input(3).end()
  for await (const line of proc.output(3)) {
    assert.strictEqual(line, "one")
    break
  }
  assert.strictEqual(await proc.output(3).text(), "two\nthree")
  assert.strictEqual(proc.output(1), proc.stdout)
  assert.strictEqual(proc.input(0), proc.stdin)
})

it("a descriptor can be piped to as a web stream", async () => {
  await using proc = await script("cat <&4", { 4: "input" })
  await ReadableStream.from(["a", "b"]).pipeTo(proc.input(4).writable)
  assert.strictEqual(await proc.stdout.text(), "ab")
})

it("a descriptor that was not asked for rejects", async () => {
  await using proc = await script("true", { 3: "output" })
  for (const attempt of [() => proc.output(4).text(), () => proc.input(3).write("x"), () => proc.input(9).end()]) {
    const error = await attempt().then(
      () => assert.fail("it resolved"),
      (cause: unknown) => cause
    )
    assert.deepInclude(error, { _tag: "InvalidArgument" })
  }
})
