import type { Listening, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Before the next session is asked for: the end of one port may be heard of before that of the other. */
const PAUSE = "20 millis"

/**
 * What is heard through the session of now, and after its end through the next. What happens between the two is missed: a
 * listener to facts takes along since when he listens, and is told if the broker was restarted.
 */
export const overSessions = <S, A>(
  current: Effect.Effect<S, ProcessError>,
  listen: (session: S, listening: Listening) => Stream.Stream<A, ProcessError>
): Stream.Stream<A, ProcessError> =>
  Stream.suspend(() => {
    const listening: Listening = {}
    const heard: Stream.Stream<A, ProcessError> = Stream.unwrap(
      Effect.map(current, (session) => listen(session, listening).pipe(Stream.catch(listenOn)))
    )
    const listenOn = (error: ProcessError): Stream.Stream<A, ProcessError> =>
      error._tag === "BrokerUnavailable" ? Stream.unwrap(Effect.as(Effect.sleep(PAUSE), heard)) : Stream.fail(error)
    return heard
  })
