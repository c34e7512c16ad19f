import * as Schema from "effect/Schema"
import { ProcessError } from "./ProcessError.ts"

/** An error of one stage of a pipeline (from 0 on) that says which, if it is one that can come of a stage. */
export const atStage = <E extends ProcessError>(error: E, stage: number): E =>
  decode({ ...encode(error), ...whichStage(error, stage) }) as E

const encode = Schema.encodeSync(ProcessError)
const decode = Schema.decodeUnknownSync(ProcessError)

const whichStage = (error: ProcessError, stage: number): object => {
  if (error._tag === "TimedOut") return { operation: `${error.operation} of stage ${stage + 1}` }
  if (error._tag === "InvalidArgument") return { argument: `stages[${stage}].${error.argument}` }
  return ["PermissionDenied", "NotFound", "SpawnFailed", "LimitExceeded"].includes(error._tag) ? { stage } : {}
}
