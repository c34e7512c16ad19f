import type { Listening, ProcessError, Subscriber } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Supervised } from "./supervise-worker.ts"

/** Before the next worker is asked: the end of a port may be heard of before that of its thread. */
const PAUSE = "20 millis"

/**
 * What is heard from the worker of now, and when that is replaced, from the next. What happens between the two is missed: a
 * listener to facts takes along since when he listens, and is told of the restart. It ends with the broker.
 */
export const overWorkers = <A>(
  supervised: Supervised,
  listen: (subscriber: Subscriber, listening: Listening) => Stream.Stream<A, ProcessError>
): Stream.Stream<A> =>
  Stream.suspend(() => {
    const listening: Listening = {}
    const heard: Stream.Stream<A> = Stream.unwrap(
      Effect.match(supervised.current, {
        onSuccess: ({ subscriber }) => listen(subscriber, listening).pipe(Stream.catch(listenOn)),
        onFailure: () => Stream.empty
      })
    )
    const listenOn = (error: ProcessError): Stream.Stream<A> =>
      error._tag === "BrokerUnavailable" ? Stream.unwrap(Effect.as(Effect.sleep(PAUSE), heard)) : Stream.die(error)
    return heard
  })
