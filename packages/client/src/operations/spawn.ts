import type { Pid, ProcessError, ProcessInfo } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Session } from "../connection/connect-session.ts"
import { type SpawnOptions, toSpec } from "../options.ts"
import type { Chunk } from "../process/Incoming.ts"
import { makeProcessHandle, type ProcessHandle } from "../process/ProcessHandle.ts"
import { readChunks } from "../process/read-stream.ts"

/** A process, and both its outputs as one stream that says which is which. */
export interface Spawned {
  readonly handle: ProcessHandle
  readonly chunks: Stream.Stream<Chunk, ProcessError>
}

/**
 * Starts a process that belongs to the current scope.
 *
 * **Interruption**: at any moment, also while it is being started: nothing is left running.
 */
export const spawn = (
  session: Session,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<Spawned, ProcessError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(session.turn)
      const { invalidUtf8 = "replace", ...same } = options
      const spec = yield* Effect.fromResult(toSpec(command, args, same))
      const { channel, process } = session.openChannel(spec)
      const release = session.call.release({ channel }).pipe(
        // The answer may overtake the last facts, which come on the data port; others may be waiting for them.
        Effect.andThen((existed) => (existed ? Stream.runDrain(process.lifecycle.stream) : Effect.void)),
        // A broker that cannot be reached has ended its processes, or its launcher will.
        Effect.ignore,
        Effect.andThen(Effect.sync(() => session.closeChannel(channel)))
      )
      const info = yield* restore(session.call.spawn({ channel, spec })).pipe(Effect.onError(() => release))
      yield* Effect.addFinalizer(() => release)
      return {
        handle: makeProcessHandle(session, info as ProcessInfo & { readonly pid: Pid }, process, invalidUtf8),
        chunks: readChunks("all", process.outputs)
      }
    })
  )
