import type { HistoryOutput, HistoryQuery, HistoryRecord } from "@spawnbroker/protocol"

export interface PromiseHistoryQuery extends HistoryQuery {
  /** Ends the loop: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

/** What the broker remembers, where it has a history. */
export interface PromiseHistory {
  /**
   * What has run, the youngest first, as far as the policy lets this client observe it. Pages are read as the loop goes on.
   *
   * **Errors**: `Unsupported` where the broker has no history; `InvalidArgument` for a query that is none; `TimedOut` for a
   * search of outputs whose expression explodes.
   */
  history(query?: PromiseHistoryQuery): AsyncIterable<HistoryRecord>
  /**
   * What is kept of the output of a process: the last bytes of each stream. **Errors**: `Unsupported`, `ProcessNotFound`.
   */
  historyOutput(id: string): Promise<ReadonlyArray<HistoryOutput>>
}
