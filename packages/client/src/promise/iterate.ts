import type { ProcessError } from "@spawnbroker/protocol"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { toPromise } from "./to-promise.ts"
import { Turn } from "./Turn.ts"

/** The elements of a stream, until `stop` says that nobody is to wait for one any more. */
export async function* iterate<A>(
  stream: Stream.Stream<A, ProcessError>,
  stop: AbortSignal
): AsyncGenerator<A, void, undefined> {
  const scope = Scope.makeUnsafe()
  const turn = new Turn()
  try {
    const pull = await toPromise(Channel.toPullScoped(Stream.toChannel(stream), scope))
    const next = Pull.catchDone(pull, () => Effect.succeed(undefined))
    for (let some = await toPromise(next, { signal: stop }); some !== undefined;) {
      yield* some
      if (turn.isOver) await turn.next()
      some = await toPromise(next, { signal: stop })
    }
    // What was given up must not look like the end.
    stop.throwIfAborted()
  } finally {
    await toPromise(Scope.close(scope, Exit.void))
  }
}
