import type { ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

type InputSink = Sink.Sink<void, Uint8Array | string, never, ProcessError>

/**
 * The same sink, which also ends the input of the process if what it is given fails, or whoever runs it is interrupted.
 * Otherwise the process would wait for more.
 */
export const closingSink = (sink: InputSink): InputSink => {
  // Not waited for: it comes after what others are writing, and whoever closes a scope must not wait for them.
  const close = Effect.forkDetach(Effect.ignore(Stream.run(Stream.empty, sink)), { startImmediately: true })
  return Sink.fromTransform((upstream, scope) => Effect.onError(sink.transform(upstream, scope), () => close))
}
