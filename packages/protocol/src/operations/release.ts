import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Channel } from "../wire/Frame.ts"

/**
 * The client is done with a channel: what still runs on it is ended (its kill signal, then SIGKILL after its grace, to
 * the whole process group), and output that nobody has read is given up. Answers once the process has exited and its
 * group is gone. A channel that is not in use is released at once; one whose last fact said so (`isLast`) is none any more,
 * and need not be released.
 *
 * Success says whether there was a process. If so its last fact, `Closed`, is on its way.
 */
export const release = Rpc.make("release", {
  payload: { channel: Channel },
  success: Schema.Boolean,
  error: ProcessError
})
