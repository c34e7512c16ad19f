import type { ProcessHandle } from "@spawnbroker/client"
import type { Signal } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { takeSignals } from "./Signals.ts"

type Child = ProcessHandle<never>

export interface StandIn {
  /** For whom. What has come before is handed on now. */
  readonly for: (child: Child) => Effect.Effect<void>
}

/**
 * From now on this process stands in for a command in its terminal. The command is in a session of its own, so that only this
 * one hears of Ctrl-C, of a new size, and of Ctrl-Z and `fg`; it hands them on, and the command decides what they mean.
 *
 * To be made before there is a command: that can be heard of before its start is known here.
 */
export const standIn: Effect.Effect<StandIn, never, Scope.Scope> = Effect.gen(function* () {
  const fork = Effect.runForkWith(yield* Effect.context())
  const started = yield* Deferred.make<Child>()
  // What comes before there is a command waits for it. It may have ended in this moment.
  const send = (signal: Signal): Effect.Effect<void> =>
    Effect.flatMap(Deferred.await(started), (child) => Effect.ignore(child.kill({ signal })))
  yield* takeSignals((signal) => void fork(send(signal)))
  yield* on("SIGWINCH", () => void fork(send("SIGWINCH")))
  yield* on("SIGCONT", () => void fork(send("SIGCONT")))
  // First the command, then this process, which the shell waits for: once it is stopped it can tell nobody anything. The
  // system ignores SIGTSTP in a session without a terminal of its own, in which the command is.
  yield* on("SIGTSTP", () => void fork(Effect.andThen(send("SIGSTOP"), stopHere)))
  return { for: (child) => Effect.asVoid(Deferred.succeed(started, child)) }
})

const stopHere = Effect.sync(() => void process.kill(process.pid, "SIGSTOP"))

const on = (signal: NodeJS.Signals, listener: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void process.on(signal, listener)),
    () => Effect.sync(() => void process.off(signal, listener))
  )
