import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Remote } from "../derive/remote.ts"
import type { ProcessError } from "../errors/ProcessError.ts"
import { type HistoryOperations, type HistoryPlace, MAX_HISTORY_PAGE } from "../operations/history.ts"
import type { HistoryQuery } from "./HistoryQuery.ts"
import type { HistoryRecord } from "./HistoryRecord.ts"

/** All records that fit, the youngest first. Each page is asked for when the reader wants more. */
export const readHistory = <E = ProcessError>(
  ask: (
    ...payload: Parameters<Remote<HistoryOperations>["history"]>
  ) => Effect.Effect<{ readonly records: ReadonlyArray<HistoryRecord>; readonly next?: HistoryPlace }, E>,
  query: HistoryQuery
): Stream.Stream<HistoryRecord, E> =>
  Stream.paginate(undefined as HistoryPlace | undefined, (after) =>
    Effect.map(ask({ query, size: MAX_HISTORY_PAGE, ...(after && { after }) }), ({ records, next }) => [
      records,
      next === undefined ? Option.none() : Option.some(next)
    ])
  )
