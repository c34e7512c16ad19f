import type { Channel } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ProcessChannel } from "../connection/ProcessChannel.ts"
import type { Session } from "../connection/connect-session.ts"

/**
 * Ends what is on a channel, as far as it is the channel's, waits for that, and forgets the channel. Where the broker has
 * forgotten it already that costs no message.
 */
export const release = (session: Session, channel: Channel, process: ProcessChannel): Effect.Effect<void> =>
  Effect.gen(function* () {
    // Whoever waits for the exit is here as soon as that has been read; the last fact may stand in the same message.
    if (process.lifecycle.hasExited && !process.isReleased) yield* endOfMessage
    if (!process.isReleased) yield* ask(session, channel, process)
    session.closeChannel(channel)
  })

const ask = (session: Session, channel: Channel, process: ProcessChannel): Effect.Effect<void> =>
  session.call.release({ channel }).pipe(
    // The answer may overtake the last facts, which come on the data port; others may be waiting for them. So may the answer
    // that there is no such channel: the broker has forgotten it while it was asked.
    Effect.andThen((isClosing) =>
      isClosing || process.isBound ? Stream.runDrain(process.lifecycle.stream) : Effect.void
    ),
    // A broker that cannot be reached has ended its processes, or its launcher will.
    Effect.ignore
  )

const endOfMessage = Effect.promise(() => Promise.resolve())
