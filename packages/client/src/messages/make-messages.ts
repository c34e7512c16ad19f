import { InvalidArgument, Io, LimitExceeded, type ProcessError, type ProcessId } from "@spawnbroker/protocol"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { Incoming } from "../process/Incoming.ts"
import type { Outgoing } from "../process/Outgoing.ts"
import { openReader, type Reader } from "../process/Reader.ts"
import { internalCommand, internalLine, type MessageCodec, parseLine } from "./message-codec.ts"
import { MAX_MESSAGE_BYTES, MessageLines } from "./MessageLines.ts"
import type { ProcessMessages } from "./ProcessMessages.ts"

/** Both ends of a channel for messages that are on this side. */
export interface MessageChannelEnds {
  readonly incoming: Incoming
  readonly outgoing: Outgoing
}

type AnyMessages = ProcessMessages<unknown, unknown>

/**
 * Node's own channel for messages over a duplex descriptor: a line of JSON each, in UTF-8. See "json" in Node's
 * lib/internal/child_process/serialization.js.
 */
export const makeMessages = (
  id: ProcessId,
  { incoming, outgoing }: MessageChannelEnds,
  codec: MessageCodec
): AnyMessages => {
  const lines = new MessageLines(incoming)
  let hasLeft = false

  /** In a fiber of its own: whoever is interrupted does not leave half a message behind. */
  const write = (line: Uint8Array): Effect.Effect<void, ProcessError> =>
    Effect.suspend(() => (hasLeft ? Effect.fail(childHasLeft) : outgoing.write(id, line))).pipe(
      Effect.forkDetach({ startImmediately: true }),
      Effect.flatMap(Fiber.join),
      Effect.asVoid
    )

  /** Its end is ours, too: nobody is there to read. */
  const leave = Effect.suspend(() => {
    hasLeft = true
    return Effect.asVoid(Effect.forkDetach(outgoing.end, { startImmediately: true }))
  })

  const next = (reader: Reader): Effect.Effect<unknown, ProcessError | Cause.Done> => {
    const take: Effect.Effect<unknown, ProcessError | Cause.Done> = Effect.suspend(() => {
      const line = lines.take()
      if (line === undefined) {
        return Effect.flatMap(reader.more, (isThere) => (isThere ? take : Effect.andThen(leave, Cause.done())))
      }
      return line === "too long" ? Effect.fail(tooLong) : Effect.flatMap(Effect.fromResult(parseLine(line)), understand)
    })
    const understand = (value: unknown): typeof take => {
      const command = internalCommand(value)
      if (command === undefined) return Effect.fromResult(codec.decode(value))
      // Descriptors cannot come here. Until it is told so, the child would keep back all that it sends after one.
      return command === "NODE_HANDLE" ? Effect.andThen(Effect.ignore(write(handleRefused)), take) : take
    }
    return take
  }

  return {
    messages: Stream.scoped(
      Stream.fromPull(
        Effect.map(
          openReader("messages", [incoming]),
          (reader): Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, ProcessError> =>
            // One at a time: whoever stops after one has taken one.
            Effect.map(next(reader), Arr.of)
        )
      )
    ).pipe(Stream.mapError(nameChannel)),
    send: (message) =>
      Effect.suspend(() => Effect.fromResult(codec.encode(message)).pipe(Effect.flatMap(write))).pipe(
        Effect.mapError(nameChannel)
      ),
    disconnect: outgoing.end
  }
}

/** What a handle without the option `ipc` does with messages, where the type does not keep one from trying. */
export const noMessages: ProcessMessages<never, unknown> = (() => {
  const refused = Effect.fail(
    new InvalidArgument({
      argument: "messages",
      problem: "this process has no channel for them; spawn it with the option `ipc`"
    })
  )
  return { messages: Stream.fromEffect(refused), send: () => refused, disconnect: refused }
})()

const handleRefused = internalLine("NODE_HANDLE_NACK")

const childHasLeft = new Io({ operation: "write", stream: "messages", errno: "EPIPE" })
const tooLong = new LimitExceeded({ limit: "messageBytes", maximum: MAX_MESSAGE_BYTES })

/** Below, the channel is a descriptor with a number that nobody has chosen. */
const nameChannel = (error: ProcessError): ProcessError => {
  if (error._tag === "Io") return new Io({ operation: error.operation, stream: "messages", errno: error.errno })
  if (error._tag !== "InvalidArgument" || !/^fd\d+$/.test(error.argument)) return error
  return new InvalidArgument({ argument: "messages", problem: error.problem })
}
