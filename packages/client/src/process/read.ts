import { concatBytes, InvalidArgument, LimitExceeded, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { type InvalidUtf8, decodeWhole } from "./decode-text.ts"
import { type Incoming, NEWLINE } from "./Incoming.ts"
import { openReader } from "./Reader.ts"

/** How many bytes `read` takes at most, unless it is told. */
export const DEFAULT_READ_BYTES = 65_536

/** Longest line that `readLine` waits for. Higher lets a child that never ends one cost its client more memory. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024

/**
 * The next bytes of a stream, as read(2) gives them: at least one, at most `maxBytes`; none at the end.
 *
 * **Interruption**: nothing is taken.
 */
export const readSome = (
  name: string,
  incoming: Incoming | undefined,
  maxBytes: number
): Effect.Effect<Uint8Array, ProcessError> =>
  Number.isInteger(maxBytes) && maxBytes > 0
    ? Effect.scoped(
        Effect.flatMap(openReader(name, listOf(incoming)), ({ more }) =>
          Effect.map(more, (isThere) => (isThere ? incoming!.takeBytes(maxBytes) : new Uint8Array()))
        )
      )
    : Effect.fail(new InvalidArgument({ argument: "maxBytes", problem: "a whole number above 0 is expected" }))

/**
 * The next line of a stream, with its `\n`; the last one may have none; `""` at the end.
 *
 * **Errors**: `LimitExceeded` for a line longer than 16 MiB, `Io` with `EILSEQ` for one that is not UTF-8 where that was
 * asked for; the bytes stay. **Interruption**: nothing is taken.
 */
export const readLine = (
  name: string,
  incoming: Incoming | undefined,
  invalidUtf8: InvalidUtf8
): Effect.Effect<string, ProcessError> =>
  Effect.scoped(
    Effect.flatMap(openReader(name, listOf(incoming)), ({ more }) => {
      const parts: Array<Uint8Array> = []
      const { position } = incoming!
      return takeLine(incoming!, more, parts).pipe(
        Effect.flatMap(() => decodeWhole(concatBytes(parts), incoming!.name, invalidUtf8)),
        Effect.onError(() => Effect.sync(() => incoming!.putBack(parts, position)))
      )
    })
  )

const takeLine = (
  incoming: Incoming,
  more: Effect.Effect<boolean, ProcessError>,
  parts: Array<Uint8Array>
): Effect.Effect<void, ProcessError> => {
  let length = 0
  const next: Effect.Effect<void, ProcessError> = Effect.flatMap(more, (isThere) => {
    if (!isThere) return Effect.void
    const part = incoming.takeLinePart()
    parts.push(part)
    length += part.byteLength
    if (part.at(-1) === NEWLINE) return Effect.void
    return length <= MAX_LINE_BYTES
      ? next
      : Effect.fail(new LimitExceeded({ limit: "lineBytes", maximum: MAX_LINE_BYTES }))
  })
  return next
}

const listOf = (incoming: Incoming | undefined): ReadonlyArray<Incoming> => (incoming === undefined ? [] : [incoming])
