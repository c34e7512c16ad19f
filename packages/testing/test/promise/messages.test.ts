/** Messages of Node processes through the face without Effect. */
import type { PromiseClient } from "@spawnbroker/client/promise"
import { assert, it } from "@effect/vitest"
import { fixture, node } from "@spawnbroker/testing"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { promiseHost, rejection } from "./promise-host.ts"

const { open } = promiseHost()
let client: PromiseClient
beforeAll(async () => {
  client = await open()
})
afterAll(() => client.close())

it("a loop takes one message after the other, and the next loop goes on where it was left", async () => {
  await using echo = await client.spawn(node, { args: [fixture("ipc-echo.js")], ipc: true })
  const seen: Array<unknown> = []
  await Promise.all(["one", "two", "three", "four"].map((message) => echo.send(message)))
  for await (const message of echo.messages) if (seen.push(message) === 2) break
  for await (const message of echo.messages) if (seen.push(message) === 4) await echo.disconnect()
  assert.deepStrictEqual(seen, ["one", "two", "three", "four"])
  assert.deepStrictEqual(await echo.wait(), { _tag: "Exited", code: 0 })
})

it("many messages let the loop's thread do other things", async () => {
  await using counting = await client.spawn(node, { args: [fixture("ipc-count.js"), "20000"], ipc: true })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  let count = 0
  for await (const _ of counting.messages) count++
  clearInterval(timer)
  assert.strictEqual(count, 20_000)
  assert.isAbove(turns, 1)
})

it("a message that does not fit rejects, in both directions, and the next loop goes on after it", async () => {
  const schema = Schema.Struct({ size: Schema.Int })
  const ipc = { incoming: schema, outgoing: Schema.Any }
  await using echo = await client.spawn(node, { args: [fixture("ipc-echo.js")], ipc })
  for (const message of [{ size: 1 }, { size: "secret" }, { size: 3 }]) await echo.send(message)
  const sizes: Array<number> = []
  const read = async (): Promise<void> => {
    for await (const { size } of echo.messages) if (sizes.push(size) === 2) return
  }
  assert.deepInclude(await rejection(read()), { _tag: "InvalidArgument", argument: "message.size" })
  await read()
  assert.deepStrictEqual(sizes, [1, 3])
  assert.deepInclude(await rejection(echo.send(undefined)), { _tag: "InvalidArgument", argument: "message" })
})

it("a loop that waits is told of the release, and of the signal by its reason", async () => {
  const echo = await client.spawn(node, { args: [fixture("ipc-echo.js")], ipc: true })
  const waiting = rejection(echo.messages[Symbol.asyncIterator]().next())
  await echo.release()
  assert.deepInclude(await waiting, { _tag: "InvalidArgument" })

  const controller = new AbortController()
  const args = [fixture("ipc-echo.js")]
  const aborted = await client.spawn(node, { args, ipc: true, signal: controller.signal })
  const cut = rejection(aborted.messages[Symbol.asyncIterator]().next())
  controller.abort(new Error("enough"))
  assert.strictEqual((await cut).message, "enough")
  await aborted.release()
})
