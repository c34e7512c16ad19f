import type { ExitStatus, ProcessError } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ChildProcessHandle } from "effect/process/ChildProcessSpawner"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProcessHandle } from "../process/ProcessHandle.ts"

export interface Child {
  readonly process: ProcessHandle
  readonly exited: Deferred.Deferred<ExitStatus, ProcessError>
  readonly unref: ChildProcessHandle["unref"]
}

/**
 * Processes that are started together have a scope of their own within the current one: what is unreferenced when that
 * closes runs on, and is forgotten once all have exited and their output has been taken, or with the connection. They are
 * referenced or unreferenced together.
 */
export const startChildren = <E>(
  start: Effect.Effect<ReadonlyArray<ProcessHandle>, E, Scope.Scope>
): Effect.Effect<ReadonlyArray<Child>, E, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const own = yield* Scope.make()
      const processes = yield* restore(Scope.provide(start, own)).pipe(
        Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
      )
      let areReferenced = true
      const reference = (process: ProcessHandle, wanted: boolean) =>
        Effect.suspend(() => {
          areReferenced = wanted
          return wanted ? process.ref : process.unref
        })
      const children: Array<Child> = []
      for (const process of processes) {
        const exited = Deferred.makeUnsafe<ExitStatus, ProcessError>()
        yield* Effect.forkDetach(Deferred.into(process.exit, exited), { startImmediately: true })
        children.push({ process, exited, unref: Effect.as(reference(process, false), reference(process, true)) })
      }
      const forget = Effect.forEach(processes, letGo, { concurrency: "unbounded", discard: true }).pipe(
        Effect.andThen(Scope.close(own, Exit.void))
      )
      yield* Effect.addFinalizer((exit) =>
        Effect.suspend(() => (areReferenced ? Scope.close(own, exit) : Effect.asVoid(Effect.forkDetach(forget))))
      )
      return children
    })
  )

/** Once it has exited, what is left of its group is left alone. */
const letGo = ({ lifecycle, detach }: ProcessHandle): Effect.Effect<void> =>
  Effect.ignore(Effect.andThen(Stream.runDrain(lifecycle), detach))
