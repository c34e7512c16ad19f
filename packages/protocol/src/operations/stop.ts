import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { ExitStatus } from "../process/ExitStatus.ts"
import { StopSteps } from "../process/StopSteps.ts"
import { ProcessTarget } from "./kill.ts"

/**
 * Ends a process and its group: the steps, its own unless others are given, then SIGKILL. Answers once the group is gone;
 * at once for a process that has exited.
 *
 * Where it is being ended already that goes on, and SIGKILL comes at the earlier of the two times. `tree`: signals also go
 * to descendants that have left the group, and they, too, are waited for.
 */
export const stop = Rpc.make("stop", {
  payload: {
    target: ProcessTarget,
    steps: Schema.optionalKey(StopSteps),
    tree: Schema.optionalKey(Schema.Boolean)
  },
  success: ExitStatus,
  error: ProcessError
})
