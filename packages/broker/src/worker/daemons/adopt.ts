import { Pid, type StopSteps } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { AdoptedChild } from "../../child/AdoptedChild.ts"
import type { ProcessIdentity } from "../../child/process-tree.ts"
import { Ending } from "../terminate/Ending.ts"
import type { Target } from "../terminate/Target.ts"
import type { Incarnation, LaunchHooks } from "./Incarnation.ts"

/** Takes over the process of a persistent daemon, which another broker has started. It is ended as one's own is. */
export const adopt = (
  identity: ProcessIdentity,
  stop: StopSteps,
  hooks: LaunchHooks
): Effect.Effect<Incarnation, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new AdoptedChild(identity)),
      (child) => Effect.promise(() => ended(child, stop, hooks))
    ),
    (child) => ({
      pid: Pid.make(child.pid),
      processId: undefined,
      isAdopted: true,
      stalePid: undefined,
      exited: Effect.promise(() => child.exited),
      exit: () => undefined
    })
  )

const ended = async (child: AdoptedChild, steps: StopSteps, hooks: LaunchHooks): Promise<void> => {
  const terms = hooks.terms()
  if (terms !== "leave") {
    const process = { exited: child.exited, target: () => targetOf(child), closeStdin, killed: () => {} }
    await new Ending(Promise.resolve(process), { ...terms, steps, tree: false }).done
  }
  child.release()
}

const targetOf = (child: AdoptedChild): Target => ({
  signal: (signal, found) => {
    const sent = child.signal(signal)
    if (sent) found?.()
    return Promise.resolve(sent)
  },
  lives: () => Promise.resolve(child.lives())
})

/** We do not have its other end. */
const closeStdin = (): Promise<boolean> => Promise.resolve(false)
