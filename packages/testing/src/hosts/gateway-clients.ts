/**
 * Clients of a gateway, each with processes that count at full speed. Every second one takes nothing for half of the time. Each
 * number must be the next one. Prints what came, as JSON.
 *
 * Arguments: the gateway's address, a token, clients, processes of each, seconds.
 */
import { Client, type ClientHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const [, , url, token, clients, processes, seconds] = process.argv
const until = Effect.sleep(`${Number(seconds)} seconds`)
const times = <A, E, R>(count: string | undefined, one: (index: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(
    Array.from({ length: Number(count) }, (_, index) => index),
    one,
    { concurrency: "unbounded" }
  )

const NEWLINE = 0x0a
const ZERO = 0x30

/** Whether lines of numbers go on without a gap, from 1 on, whatever pieces they come in. */
const counter = () => {
  let expected = 1
  let digits = 0
  return {
    push: (bytes: Uint8Array): void => {
      for (const byte of bytes) {
        if (byte !== NEWLINE) digits = digits * 10 + byte - ZERO
        else {
          if (digits !== expected) throw new Error(`after ${expected - 1} came ${digits}`)
          expected++
          digits = 0
        }
      }
    },
    seen: () => expected - 1
  }
}

const count = (client: ClientHandle, isSlow: boolean) =>
  Effect.gen(function* () {
    const seq = yield* client.spawn("seq", ["inf"], { unread: "block" })
    const { push, seen } = counter()
    let bytes = 0
    if (isSlow) yield* Effect.sleep(`${Number(seconds) / 2} seconds`)
    const reading = Stream.runForEach(seq.stdout, (chunk) =>
      Effect.sync(() => {
        bytes += chunk.byteLength
        push(chunk)
      })
    )
    yield* Effect.raceFirst(reading, until)
    return { bytes, isStarved: seen() === 0 }
  }).pipe(Effect.scoped)

const program = times(clients, (index) =>
  Effect.gen(function* () {
    const client = yield* Client.connectWebSocket(url!, token)
    return yield* times(processes, () => count(client, index % 2 === 1))
  }).pipe(Effect.scoped)
)

const counts = (await Effect.runPromise(program)).flat()
console.log(
  JSON.stringify({
    processes: counts.length,
    mib: Math.round(counts.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 / 1024),
    starved: counts.filter(({ isStarved }) => isStarved).length
  })
)
process.exit()
