import { InvalidArgument, type ProcessError } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import { toCompletion } from "./to-promise.ts"

/**
 * The scope of one process, or of a pipeline, and what ends it: `release`, the caller's signal, or the scope around it.
 */
export class Ownership {
  readonly #parent: Scope.Scope
  readonly #scope: Scope.Closeable
  readonly #stopping = new AbortController()
  readonly #gone = Deferred.makeUnsafe<void>()

  private constructor(parent: Scope.Scope) {
    this.#parent = parent
    this.#scope = Scope.forkUnsafe(parent)
  }

  /** Starts a process in a scope of its own, within `parent`. */
  static start<Handle>(
    parent: Scope.Scope,
    start: Effect.Effect<Handle, ProcessError, Scope.Scope>
  ): Effect.Effect<{ readonly handle: Handle; readonly ownership: Ownership }, ProcessError> {
    return Effect.suspend(() => {
      const ownership = new Ownership(parent)
      const starting = Effect.map(ownership.#hold(start), (handle) => ({ handle, ownership }))
      // Also where the interruption comes in the same breath as the start.
      return Effect.onError(starting, () => Scope.close(ownership.#scope, Exit.void))
    })
  }

  /** Finalizers run in reverse: readers are stopped, then the process is ended, then it is said to be gone. */
  #hold<Handle>(start: Effect.Effect<Handle, ProcessError, Scope.Scope>): Effect.Effect<Handle, ProcessError> {
    const stop = Effect.sync(() => this.#stopping.abort(released()))
    return Scope.addFinalizer(this.#scope, Deferred.succeed(this.#gone, undefined)).pipe(
      Effect.andThen(Scope.provide(start, this.#scope)),
      Effect.tap(() => Scope.addFinalizer(this.#scope, stop))
    )
  }

  /** Aborted once nobody is to wait for a byte any more. The reason is what readers and writers reject with. */
  get stop(): AbortSignal {
    return this.#stopping.signal
  }

  /** Ends it. Resolves once it is gone, whoever began. */
  readonly release = (): Promise<void> =>
    // Within the parent, so that whoever closes the client waits for it, too.
    toCompletion(Effect.andThen(Scope.close(this.#scope, Exit.void), Deferred.await(this.#gone)), this.#parent)

  /** Lets a signal end it, for as long as any of its processes runs. */
  follow(signal: AbortSignal, processes: ReadonlyArray<Pick<ProcessHandle, "lifecycle">>): void {
    const abort = (): void => {
      this.#stopping.abort(signal.reason)
      void this.release()
    }
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    const untilItEnds = Effect.forEach(processes, ({ lifecycle }) => untilExited(lifecycle), { discard: true }).pipe(
      Effect.ensuring(Effect.sync(() => signal.removeEventListener("abort", abort)))
    )
    Effect.runSync(Effect.forkIn(untilItEnds, this.#scope, { startImmediately: true }))
  }
}

const untilExited = (lifecycle: ProcessHandle["lifecycle"]): Effect.Effect<void> =>
  lifecycle.pipe(
    Stream.takeUntil(({ _tag }) => _tag === "Exited"),
    Stream.runDrain,
    Effect.ignore
  )

const released = (): InvalidArgument =>
  new InvalidArgument({ argument: "process", problem: "it has been released; read and write before that" })
