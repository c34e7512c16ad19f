/** Effect's own spawner for Node, on the main thread. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as ChildProcess from "effect/process/ChildProcess"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { fromEffectProcess } from "./effect-process.ts"
import type { MakeSubject } from "./Subject.ts"

export const effectPlatform: MakeSubject = async () => {
  const scope = Scope.makeUnsafe()
  const services = await Effect.runPromise(Layer.buildWithScope(NodeServices.layer, scope))
  const spawner = Context.get(services, ChildProcessSpawner)
  return {
    ...fromEffectProcess((command, args, stdin) =>
      Effect.gen(function* () {
        const input = yield* Queue.unbounded<Uint8Array, Cause.Done>()
        const handle = yield* spawner.spawn(
          ChildProcess.make(command, args, { stdin: stdin === "ignore" ? stdin : Stream.fromQueue(input) })
        )
        return {
          pid: handle.pid,
          stdout: handle.stdout,
          stderr: handle.stderr,
          lines: Stream.splitLines(Stream.decodeText(handle.stdout)),
          // It calls an end by a signal a failure.
          exit: Effect.exit(handle.exitCode),
          kill: handle.kill(),
          write: (data) => void Queue.offerUnsafe(input, data)
        }
      })
    ),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
