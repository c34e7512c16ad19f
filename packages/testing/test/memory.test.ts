import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { connect, host, node } from "../src/index.ts"

const MIB = 1024 * 1024
const GB = 1_000_000_000

interface Reading {
  readonly written: number
  readonly stalledBytes: number
  readonly ignoredBytes: number
}

it.live.each(["direct", "launcher"])(
  "a child that writes 1 GB to nobody costs its host no more than 16 MiB: %s",
  (spawner) =>
    Effect.gen(function* () {
      const client = yield* connect()
      const result = yield* client.run(node, ["--expose-gc", host("memory.ts"), spawner, String(GB)])
      assert.deepStrictEqual(
        { exit: result.exit, stderr: result.stderr },
        { exit: { _tag: "Exited", code: 0 }, stderr: "" }
      )
      const { written, stalledBytes, ignoredBytes } = JSON.parse(result.stdout) as Reading
      const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`
      console.log(
        `${spawner}: a reader that stops costs ${mib(stalledBytes)} (the child wrote ${mib(written)}), none at all ${mib(ignoredBytes)}`
      )
      assert.isBelow(written, GB)
      assert.isAtMost(stalledBytes, 16 * MIB)
      // Bytes that are dropped become garbage in the broker's thread, which no host can make collect; it is not the gigabyte.
      assert.isAtMost(ignoredBytes, 128 * MIB)
    }).pipe(Effect.provide(Broker.layer({ spawner: "direct" })))
)

it.live.each(["direct", "launcher"])("chunks that are borrowed leave their reader next to no garbage: %s", (spawner) =>
  Effect.gen(function* () {
    const client = yield* connect()
    const total = 400_000_000
    const { stdout } = yield* client.run(node, [host("collections.ts"), spawner, String(total)])
    const { bytes, collections } = JSON.parse(stdout) as { readonly bytes: number; readonly collections: number }
    console.log(`${spawner}: ${collections} full collections for ${total / 1e6} MB`)
    assert.strictEqual(bytes, total)
    // Of chunks that are kept there is one for every 30 MB.
    assert.isAtMost(collections, 4)
  }).pipe(Effect.provide(Broker.layer({ spawner: "direct" })))
)
