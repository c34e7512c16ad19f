/**
 * What is remembered of processes, page by page: nothing is under way that was not asked for.
 */
import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import { ProcessError } from "../errors/ProcessError.ts"
import { HistoryQuery } from "../history/HistoryQuery.ts"
import { HistoryOutput, HistoryRecord } from "../history/HistoryRecord.ts"
import { ProcessId } from "../process/ProcessId.ts"

/** Records of one answer at most. Higher: fewer answers. Lower: shorter turns of both threads. */
export const MAX_HISTORY_PAGE = 128

/** Where a page ends: a record that one has seen. It says nothing of those that one may not see. */
export const HistoryPlace = Schema.Struct({ id: ProcessId, startedAt: Schema.Finite })
export type HistoryPlace = typeof HistoryPlace.Type

/**
 * Records that fit, the youngest first, from a place on. A search in outputs may answer fewer than it could, or none, once it
 * has taken a while: `next` says from where to go on, and is absent where there are no more.
 */
const history = Rpc.make("history", {
  payload: {
    query: HistoryQuery,
    after: Schema.optionalKey(HistoryPlace),
    size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_HISTORY_PAGE }))
  },
  success: Schema.Struct({ records: Schema.Array(HistoryRecord), next: Schema.optionalKey(HistoryPlace) }),
  error: ProcessError
})

/** What is kept of the output of one process. */
const historyOutput = Rpc.make("historyOutput", {
  payload: { id: ProcessId },
  success: Schema.Array(HistoryOutput),
  error: ProcessError
})

/** What a client has of these, and the host as well. */
export const HistoryOperations = RpcGroup.make(history, historyOutput)
export type HistoryOperations = RpcGroup.Rpcs<typeof HistoryOperations>
