import {
  durationMillis,
  type ExitStatus,
  type ProcessError,
  type ProcessTarget,
  type Signal,
  type StopSteps
} from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Session } from "../connection/connect-session.ts"
import { findUnknownOption } from "../find-unknown-option.ts"
import { nameAsOption } from "../name-as-option.ts"

/**
 * One thing that is tried to end a process, and how long its group gets to be gone: a signal to the group, or the end of
 * its input. The latter is passed over where stdin is not piped.
 */
export type StopStep =
  | { readonly signal: Signal; readonly for: Duration.Input }
  | { readonly closeStdin: true; readonly for: Duration.Input }

export interface StopOptions {
  /**
   * What is tried in turn before SIGKILL: at most ten steps, or none.
   * @default the `stop` of its spawn
   */
  readonly steps?: ReadonlyArray<StopStep> | undefined
  /**
   * Whether the signals also reach descendants that have left the process group, as with `kill`; and whether those are
   * waited for, too.
   * @default false
   */
  readonly tree?: boolean | undefined
}

/** Steps as the broker has them. What is wrong with one is found out, and named, where it is decoded. */
export const toStopSteps = (steps: ReadonlyArray<StopStep>): StopSteps =>
  Array.isArray(steps) ? steps.map(toStopStep) : (steps as never)

const toStopStep = (step: StopStep): StopSteps[number] => {
  if (typeof step !== "object" || step === null) return step
  const { for: time, ...action } = step
  const forMs = durationMillis(time)
  return isCloseStdin(action) ? { _tag: "CloseStdin", forMs } : { ...action, _tag: "Signal", forMs }
}

/** And nothing else: a step that is two things at once is none. */
const isCloseStdin = (action: object): action is { readonly closeStdin: true } =>
  "closeStdin" in action && action.closeStdin === true && Object.keys(action).length === 1

/** Ends a process, and waits until its group is gone. **Interruption**: it is being ended all the same. */
export const stop = (
  session: Session,
  target: ProcessTarget,
  options: StopOptions = {}
): Effect.Effect<ExitStatus, ProcessError> =>
  // What has been written to the process leaves with the end of this turn. It must not be overtaken by the end of its input.
  Effect.andThen(
    Effect.promise(() => Promise.resolve()),
    () => {
      const mistake = findUnknownOption(options, ["steps", "tree"])
      if (mistake !== undefined) return Effect.fail<ProcessError>(mistake)
      const { steps, tree } = options
      return session.call.stop({
        target,
        ...(steps !== undefined && { steps: toStopSteps(steps) }),
        ...(tree !== undefined && { tree })
      })
    }
  ).pipe(Effect.catchTag("InvalidArgument", (mistake) => Effect.fail(nameAsOption(mistake))))
