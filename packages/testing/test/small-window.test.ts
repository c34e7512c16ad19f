/** A read from a child may be larger than the whole window; the credit for it must come back all the same. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

const TOTAL_BYTES = 3_000_000
const script = `head -c ${TOTAL_BYTES} /dev/zero; head -c ${TOTAL_BYTES} /dev/zero >&2`

const spawn = (windowBytes: number) =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const token = yield* broker.mint({ subject: "test", commands: [{ command: "sh", args: true }] })
    const client = yield* Client.connect(yield* broker.openPort(), token)
    return yield* client.spawn("sh", ["-c", script], { windowBytes })
  })

const sizeOf = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Stream.runFold(
    stream,
    () => 0,
    (size, chunk) => size + chunk.byteLength
  )

for (const windowBytes of [4096, 65_536]) {
  it.live(`both streams together come whole through a window of ${windowBytes} bytes`, () =>
    Effect.gen(function* () {
      const process = yield* spawn(windowBytes)
      assert.strictEqual(yield* sizeOf(process.all), 2 * TOTAL_BYTES)
    }).pipe(Effect.scoped)
  )

  it.live(`two readers each get their stream whole through a window of ${windowBytes} bytes`, () =>
    Effect.gen(function* () {
      const process = yield* spawn(windowBytes)
      const sizes = yield* Effect.all([sizeOf(process.stdout), sizeOf(process.stderr)], { concurrency: "unbounded" })
      assert.deepStrictEqual(sizes, [TOTAL_BYTES, TOTAL_BYTES])
    }).pipe(Effect.scoped)
  )
}
