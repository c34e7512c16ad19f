/**
 * Reads the database of a history, whether a broker is writing it or not: for the command line, and for hosts that look at one
 * without a broker. It must be on a machine of its own user; what may be seen is everything.
 *
 * It looks things up in the thread that calls it, and so holds that up for some milliseconds a page, or for as long as a search
 * of outputs takes.
 */
import {
  BusEvent,
  HistoryOutput,
  type HistoryQuery,
  HistoryRecord,
  InvalidArgument,
  type ProcessId,
  ProcessNotFound,
  readHistory
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { DatabaseSync } from "node:sqlite"
import { type FactQuery, findFacts } from "./find-facts.ts"
import { findOutputs, findPage } from "./find-records.ts"
import { historyFile } from "./history-file.ts"
import { problemOf } from "./HistoryProblem.ts"
import { openToRead } from "./open-database.ts"

export interface HistoryFile {
  /** What has run, the youngest first. **Errors**: `InvalidArgument` for an expression that is none. */
  readonly records: (query?: HistoryQuery) => Stream.Stream<HistoryRecord, InvalidArgument>
  /** What is kept of the output of a process. **Errors**: `ProcessNotFound`. */
  readonly output: (id: ProcessId) => Effect.Effect<ReadonlyArray<HistoryOutput>, ProcessNotFound | InvalidArgument>
  /** What was decided that came to no process, and what became of clients and tokens: the youngest first. */
  readonly facts: (query?: FactQuery) => Stream.Stream<BusEvent, InvalidArgument>
}

const decodeRecords = Schema.decodeUnknownSync(Schema.Array(HistoryRecord))
const decodeOutputs = Schema.decodeUnknownSync(Schema.Array(HistoryOutput))
const decodeEvents = Schema.decodeUnknownSync(Schema.Array(BusEvent))

/**
 * Opens a history to read it, as long as the scope lives.
 *
 * **Errors**: `InvalidArgument` for a file that is not there, is no history, or is of another version.
 */
export const readHistoryFile = (
  file: string = historyFile()
): Effect.Effect<HistoryFile, InvalidArgument, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      attempt(file, () => openToRead(file, "file")),
      (database) => Effect.sync(() => database.close())
    ),
    (database) => ({
      records: (query = {}) =>
        readHistory(
          (page) =>
            attempt(file, () => {
              const { records, ...next } = findPage(database, { viewer: "everybody", patienceMs: Infinity, ...page })
              return { records: decodeRecords(records), ...next }
            }),
          query
        ),
      output: (id) =>
        Effect.flatMap(
          attempt(file, () => findOutputs(database, "everybody", id)),
          (outputs) =>
            outputs === undefined ? Effect.fail(new ProcessNotFound({ id })) : Effect.succeed(decodeOutputs(outputs))
        ),
      facts: (query = {}) => facts(database, file, query)
    })
  )

/** Facts that are read at a time. */
const PAGE = 256

const facts = (database: DatabaseSync, file: string, query: FactQuery): Stream.Stream<BusEvent, InvalidArgument> =>
  Stream.paginate(Number.MAX_SAFE_INTEGER, (before) =>
    Effect.map(
      attempt(file, () => findFacts(database, query, before, PAGE)),
      ({ events, last }) => [decodeEvents(events), last === undefined ? Option.none() : Option.some(last)]
    )
  )

const attempt = <A>(file: string, look: () => A): Effect.Effect<A, InvalidArgument> =>
  Effect.try({
    try: look,
    catch: (cause) =>
      cause instanceof SyntaxError
        ? new InvalidArgument({ argument: "query.output.matches", problem: cause.message })
        : new InvalidArgument({ argument: `history ${file}`, problem: problemOf(cause) })
  })
