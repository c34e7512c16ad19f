/**
 * The operations about daemons. Each needs `daemons` in the policy for what it changes, `observe` for what it only looks at,
 * and `kill` for what it ends.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import { DaemonInfo } from "../daemons/DaemonInfo.ts"
import { DaemonLogLine } from "../daemons/DaemonLogLine.ts"
import { DaemonName, Replica } from "../daemons/DaemonName.ts"
import { DaemonSpec, MAX_DAEMONS } from "../daemons/DaemonSpec.ts"
import { ProcessError } from "../errors/ProcessError.ts"

const Names = Schema.Array(DaemonName).check(Schema.isMaxLength(MAX_DAEMONS))
const Infos = Schema.Array(DaemonInfo)

/** How long an answer may wait for news. Whoever wants to wait longer asks again. */
const WaitMs = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30_000 }))

/** Lines of one answer at most. */
export const MAX_LOG_LINES = 1000

/**
 * Starts daemons: new ones by their specification, and those that are known already by their name. Answers once all are
 * accepted, and none if one is not; what they come to is in their `state`. One that runs, with the same specification, is
 * left as it is.
 */
export const startDaemons = Rpc.make("startDaemons", {
  payload: { daemons: Schema.Array(Schema.Union([DaemonName, DaemonSpec])).check(Schema.isMaxLength(MAX_DAEMONS)) },
  success: Infos,
  error: ProcessError
})

/**
 * Stops daemons, those that depend on others first; without names all that the client may stop. Answers once they are gone.
 * `forget`: they are no longer known then.
 */
export const stopDaemons = Rpc.make("stopDaemons", {
  payload: { names: Schema.optionalKey(Names), forget: Schema.Boolean },
  success: Infos,
  error: ProcessError
})

/** Stops daemons and starts them again, with nothing counted against them. Answers once they have been stopped. */
export const restartDaemons = Rpc.make("restartDaemons", {
  payload: { names: Names },
  success: Infos,
  error: ProcessError
})

export const listDaemons = Rpc.make("listDaemons", { success: Infos, error: ProcessError })

/** One daemon; with `after` as soon as its `version` is another one, or once `waitMs` are over. */
export const getDaemon = Rpc.make("getDaemon", {
  payload: { name: DaemonName, after: Schema.optionalKey(Schema.Natural), waitMs: Schema.optionalKey(WaitMs) },
  success: DaemonInfo,
  error: ProcessError
})

/**
 * Lines that a daemon has put out, from `cursor` on, or the last `tail` of them, as far as they are kept. With `waitMs`: as
 * soon as there is one, or once that time is over.
 */
export const readDaemonLogs = Rpc.make("readDaemonLogs", {
  payload: {
    name: DaemonName,
    replica: Schema.optionalKey(Replica),
    cursor: Schema.optionalKey(Schema.Natural),
    tail: Schema.optionalKey(Schema.Natural),
    waitMs: Schema.optionalKey(WaitMs)
  },
  success: Schema.Struct({
    lines: Schema.Array(DaemonLogLine).check(Schema.isMaxLength(MAX_LOG_LINES)),
    /** From where to go on. */
    cursor: Schema.Natural,
    /** Lines before these that are no longer kept. */
    missed: Schema.Natural
  }),
  error: ProcessError
})

export const DaemonOperations = RpcGroup.make(
  startDaemons,
  stopDaemons,
  restartDaemons,
  listDaemons,
  getDaemon,
  readDaemonLogs
)
export type DaemonOperations = RpcGroup.Rpcs<typeof DaemonOperations>
