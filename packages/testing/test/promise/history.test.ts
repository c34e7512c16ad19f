/** The history through the face without Effect. */
import { assert, it } from "@effect/vitest"
import type { HistoryRecord } from "@spawnbroker/client/promise"
import { promiseHost, rejection } from "./promise-host.ts"

const { open } = promiseHost({ history: "memory", policyWarnings: "ignore" })

const toArray = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

it("reads the history in a loop, until that ends or its signal says so", async () => {
  const client = await open({ history: { output: 1000 } })
  await client.run("printf", { args: ["one"] })
  await client.run("printf", { args: ["two"] })
  let records: ReadonlyArray<HistoryRecord> = []
  while (records.length < 2) records = await toArray(client.history({ states: ["closed"] }))
  assert.deepStrictEqual(
    records.map(({ args }) => args),
    [["two"], ["one"]]
  )
  const outputs = await client.historyOutput(records[0]!.id)
  assert.deepStrictEqual(
    outputs.map(({ fd, bytes }) => [fd, Buffer.from(bytes).toString()]),
    [[1, "two"]]
  )
  const reason = new Error("enough")
  const stopped = toArray(client.history({ signal: AbortSignal.abort(reason) }))
  assert.strictEqual(await rejection(stopped), reason)
  assert.strictEqual((await rejection(client.historyOutput(`p-${"0".repeat(24)}`))).name, "ProcessNotFound")
  await client.close()
})
