/** The history of one broker: the thread that writes it, and those who read it. */
import {
  type HistoryPlace,
  type HistoryQuery,
  InvalidArgument,
  LimitExceeded,
  ProcessNotFound,
  type ProcessError,
  TimedOut,
  Unsupported
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { HistoryStart } from "../../link/worker-start.ts"
import type { Viewer } from "../../history/find-records.ts"
import { memoryName } from "../../history/open-database.ts"
import { HistoryLog } from "./HistoryLog.ts"
import type { Spawner } from "../spawn/Spawner.ts"
import { NoAnswer, Reader, TookTooLong } from "./Reader.ts"
import { readerProcess, type ReaderProgram } from "./reader-process.ts"
import { readerThread } from "./reader-thread.ts"
import type { AnswerTo, Question } from "./thread-messages.ts"

/** What opens it. */
export interface OpenHistory extends HistoryStart, ReaderProgram {
  readonly mark: string
  readonly previousMark: string | undefined
  readonly secrets: Readonly<Record<string, string>>
  /** Starts a process that searches, if there is to be one. */
  readonly choosing: Promise<{ readonly spawner: Spawner }>
}

/** After so long a page of a search is answered as it is. Longer: fewer answers. Shorter: others wait less. */
const PATIENCE_MS = 500

/** Of those who look records up, and of those who search outputs. What is started and written goes first. */
const LOOK_UP_NICE = 5
const SEARCH_NICE = 19

export class History {
  readonly log: HistoryLog
  readonly #lookUps: Reader
  readonly #searches: Reader
  readonly #timeoutMs: number

  /** Rejects if it cannot be written. */
  static async open(options: OpenHistory): Promise<History> {
    const { workerFile, file: given, mark, previousMark, keep, secrets, searchTimeoutMs } = options
    const where = given === undefined ? "memory" : "file"
    const file = given ?? memoryName(mark)
    const start = { role: "history writer", file, where, mark, previousMark, keep, secrets } as const
    const log = await HistoryLog.open(workerFile, start)
    const readerStart = (nice: number) => ({ role: "history reader", file, where, nice }) as const
    const { spawner } = await options.choosing
    // What is in memory is this process's alone. And a fork of a process as large as a host holds more up than a search does.
    const searchesApart = where === "file" && spawner.kind === "launcher"
    return new History(
      log,
      new Reader(readerThread(workerFile, readerStart(LOOK_UP_NICE)), searchTimeoutMs),
      new Reader(
        searchesApart
          ? readerProcess(spawner, options, readerStart(SEARCH_NICE))
          : readerThread(workerFile, readerStart(SEARCH_NICE)),
        searchTimeoutMs
      ),
      searchTimeoutMs
    )
  }

  private constructor(log: HistoryLog, lookUps: Reader, searches: Reader, timeoutMs: number) {
    this.log = log
    this.#lookUps = lookUps
    this.#searches = searches
    this.#timeoutMs = timeoutMs
  }

  page(
    viewer: Viewer,
    payload: { readonly query: HistoryQuery; readonly after?: HistoryPlace; readonly size: number }
  ) {
    const thread = payload.query.output === undefined ? this.#lookUps : this.#searches
    return this.#ask(thread, {
      _tag: "Find",
      viewer,
      patienceMs: Math.min(PATIENCE_MS, this.#timeoutMs / 2),
      ...payload
    })
  }

  outputs(viewer: Viewer, id: string) {
    return Effect.flatMap(this.#ask(this.#lookUps, { _tag: "Outputs", viewer, id }), (outputs) =>
      outputs === undefined ? Effect.fail(new ProcessNotFound({ id })) : Effect.succeed(outputs)
    )
  }

  /** Nothing more is read or written. */
  async close(): Promise<void> {
    // Whoever closes last puts everything into the one file, which those that only read cannot.
    await Promise.all([this.#lookUps.close(), this.#searches.close()])
    await this.log.close()
  }

  #ask<Q extends Question>(thread: Reader, question: Q): Effect.Effect<AnswerTo[Q["_tag"]], ProcessError> {
    return Effect.tryPromise({ try: () => thread.ask(question), catch: (cause) => this.#errorOf(cause) })
  }

  #errorOf(cause: unknown): ProcessError {
    if (cause instanceof LimitExceeded) return cause
    if (cause instanceof TookTooLong)
      return new TimedOut({ operation: "The search of the history", timeoutMs: this.#timeoutMs })
    if (cause instanceof NoAnswer && cause.isQuestion) {
      return new InvalidArgument({ argument: "query.output.matches", problem: cause.message })
    }
    return new Unsupported({
      feature: "the history, as it is now",
      hint: `It cannot be read: ${(cause as Error).message}.`
    })
  }
}
