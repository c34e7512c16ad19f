import type { BusEvent } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** All facts of a stream, from now on, as long as the scope lasts: the list grows. */
export const collectEvents = <E>(events: Stream.Stream<BusEvent, E>) =>
  Effect.gen(function* () {
    const seen: Array<BusEvent> = []
    yield* Effect.forkScoped(
      Stream.runForEach(events, (event) => Effect.sync(() => seen.push(event))),
      { startImmediately: true }
    )
    return seen
  })
