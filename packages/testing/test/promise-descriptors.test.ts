/** Additional descriptors through the face without Effect. */
import { Broker } from "@spawnbroker/broker"
import { connect, type PromiseClient } from "@spawnbroker/client/promise"
import { assert, it } from "@effect/vitest"
import { testPolicy } from "@spawnbroker/testing"
import { ManagedRuntime } from "effect"
import { afterAll, beforeAll } from "vitest"

const host = ManagedRuntime.make(Broker.layer())
let client: PromiseClient
beforeAll(async () => {
  const broker = await host.runPromise(Broker)
  const token = await host.runPromise(broker.mint(testPolicy))
  client = await connect(await host.runPromise(broker.openPort()), token)
})
afterAll(async () => {
  await client.close()
  await host.dispose()
})

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
