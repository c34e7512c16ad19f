import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Pid, ProcessId } from "../process/ProcessId.ts"
import { Milliseconds } from "../process/Milliseconds.ts"
import { Signal } from "../process/Signal.ts"

/** A process by the broker's name for it, or by its PID; only processes that the broker owns are ever signalled. */
export const ProcessTarget = Schema.Union([Schema.Struct({ id: ProcessId }), Schema.Struct({ pid: Pid })])
export type ProcessTarget = typeof ProcessTarget.Type

/**
 * Sends a signal to a process group. Answers once the signal is sent, not once the process has ended.
 *
 * `forceKillAfterMs`: SIGKILL follows after this time if the process has not exited. `tree`: both also go to descendants
 * that have left the group, and SIGKILL to those that outlive the process.
 *
 * `wait`: answers once the process has exited and its group is gone; SIGKILL then is for whoever of the group is left.
 * Without `forceKillAfterMs`, or with an endless one, the rest of the group is waited for one second and then left.
 */
export const kill = Rpc.make("kill", {
  payload: {
    target: ProcessTarget,
    signal: Schema.optionalKey(Signal),
    forceKillAfterMs: Schema.optionalKey(Milliseconds),
    tree: Schema.optionalKey(Schema.Boolean),
    wait: Schema.optionalKey(Schema.Boolean)
  },
  error: ProcessError
})
