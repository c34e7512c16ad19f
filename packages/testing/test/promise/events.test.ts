/** The bus and topics through the face without Effect. */
import { type BusEvent, defineTopic, type PromiseClient, type Skipped } from "@spawnbroker/client/promise"
import { assert, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { promiseHost, rejection } from "./promise-host.ts"

const { open } = promiseHost()
const Note = defineTopic("notes", Schema.Struct({ text: Schema.String }))
let client: PromiseClient
beforeAll(async () => {
  client = await open({ topics: { publish: ["notes"], subscribe: ["notes"] } })
})
afterAll(() => client.close())

/** Asks again until it holds. */
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds()));
}

it("a loop over the events has what happens from its first step on, and ends with a break", async () => {
  const events = client.events({ types: ["ProcessExited"] })[Symbol.asyncIterator]()
  const first = events.next()
  const { exit } = await client.run("sh", { args: ["-c", "exit 3"] })
  const { value } = (await first) as { readonly value: Extract<BusEvent, { readonly _tag: "ProcessExited" }> }
  assert.deepStrictEqual(value.exit, exit)
  await events.return?.()
  const denied = async (): Promise<string> => {
    for await (const { _tag } of client.events()) return _tag
    return "none"
  }
  const seen = denied()
  await rejection(client.run("rm"))
  assert.strictEqual(await seen, "PermissionDenied")
})

it("messages go to every loop, and tell who hears them", async () => {
  const read = async (): Promise<ReadonlyArray<string>> => {
    const texts: Array<string> = []
    for await (const { text } of client.subscribe(Note)) if (texts.push(text) === 2) break
    return texts
  }
  const loops = [read(), read()]
  await until(async () => (await client.publish(Note, { text: "one" })) === 2)
  await client.publish(Note, { text: "two" })
  for (const texts of await Promise.all(loops)) assert.isAbove(texts.length, 1)
  await until(async () => (await client.publish(Note, { text: "nobody" })) === 0)
})

it("a message that does not fit is told, and the loop goes on", async () => {
  const skipped: Array<Skipped> = []
  const read = async (): Promise<string> => {
    for await (const { text } of client.subscribe(Note, { onSkipped: (one) => void skipped.push(one) })) {
      if (text === "last") return text
    }
    return "none"
  }
  const loop = read()
  await until(async () => (await client.publish(Note, { text: "first" })) > 0)
  await client.publish(defineTopic("notes", Schema.Json), 5)
  await client.publish(Note, { text: "last" })
  assert.strictEqual(await loop, "last")
  assert.deepStrictEqual(
    skipped.map(({ _tag }) => _tag),
    ["Unreadable"]
  )
})

it("a loop ends with the reason of its signal, with what is refused, and with the client", async () => {
  const read = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of events);
  }
  const abort = new AbortController()
  const aborted = rejection(read(client.events({ signal: abort.signal })))
  abort.abort("enough")
  assert.strictEqual(await aborted, "enough")
  assert.strictEqual((await rejection(read(client.events({ types: ["None" as never] }))))._tag, "InvalidArgument")
  const Other = defineTopic("others", Schema.Json)
  assert.strictEqual((await rejection(read(client.subscribe(Other))))._tag, "PermissionDenied")
  assert.strictEqual((await rejection(client.publish(Other, 1)))._tag, "PermissionDenied")
  const closing = await open()
  const closed = rejection(read(closing.events()))
  await closing.list()
  await closing.close()
  assert.strictEqual((await closed)._tag, "BrokerUnavailable")
})
