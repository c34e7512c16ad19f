import { InvalidArgument, type ProcessError } from "@spawnbroker/protocol"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { Chunk, Incoming } from "./Incoming.ts"

type Chunks = Arr.NonEmptyReadonlyArray<Chunk>

/**
 * The chunks of one incoming stream, or of several in their order of arrival.
 *
 * **Shape**: whole batches of chunks a pull, as they arrived; no chunk is ever split or joined. Each chunk is the
 * reader's own.
 *
 * **Errors**: `InvalidArgument` while another reader has it; whatever ended the connection.
 *
 * **Interruption**: what has not been taken stays for the next reader; what was taken is gone with this one.
 */
export const readChunks = (name: string, incoming: ReadonlyArray<Incoming>): Stream.Stream<Chunk, ProcessError> =>
  incoming.length === 0
    ? Stream.fail(
        new InvalidArgument({
          argument: name,
          problem: `it is not piped to this client; spawn with \`${name}: "pipe"\``
        })
      )
    : Stream.scoped(
        Stream.fromPull(
          Effect.gen(function* () {
            let wake: (() => void) | undefined
            yield* Effect.forEach(incoming, (each) => acquire(each, () => wake?.()), { discard: true })
            const wait = Effect.callback<void>((resume) => {
              for (const each of incoming) each.payBack()
              // Looked at again: something may have come since the last look.
              if (isReady(incoming)) return resume(Effect.void)
              wake = () => resume(Effect.void)
              return Effect.sync(() => (wake = undefined))
            })
            const pull: Pull.Pull<Chunks, ProcessError> = Effect.suspend(() => {
              const chunks = take(incoming)
              if (Arr.isArrayNonEmpty(chunks)) return Effect.succeed(chunks)
              const error = incoming.find((each) => each.error !== undefined)?.error
              if (error !== undefined) return Effect.fail(error)
              return incoming.every((each) => each.isEnded) ? Cause.done() : Effect.andThen(wait, pull)
            })
            return pull
          })
        )
      )

/** {@link readChunks}, without a word on where they came from. */
export const readBytes = (name: string, incoming: ReadonlyArray<Incoming>): Stream.Stream<Uint8Array, ProcessError> =>
  Stream.mapArray(
    readChunks(name, incoming),
    Arr.map(({ bytes }) => bytes)
  )

const acquire = (incoming: Incoming, wake: () => void) =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const refused = incoming.acquire(wake)
      return refused === undefined ? Effect.void : Effect.fail(refused)
    }),
    () => Effect.sync(() => incoming.release())
  )

const isReady = (incoming: ReadonlyArray<Incoming>): boolean =>
  incoming.some((each) => each.firstArrival !== undefined || each.error !== undefined) ||
  incoming.every((each) => each.isEnded)

const take = (incoming: ReadonlyArray<Incoming>): Array<Chunk> => {
  if (incoming.length === 1) return incoming[0]!.takeAll()
  const chunks: Array<Chunk> = []
  for (let next = earliest(incoming); next !== undefined; next = earliest(incoming)) chunks.push(next.takeOne())
  return chunks
}

const earliest = (incoming: ReadonlyArray<Incoming>): Incoming | undefined => {
  const waiting = incoming.filter((each) => each.firstArrival !== undefined)
  return waiting.length === 0 ? undefined : waiting.reduce((a, b) => (a.firstArrival! < b.firstArrival! ? a : b))
}
