/**
 * What the broker's thread and those of the history say to each other.
 *
 * One writes, for as long as the broker lives. Others read, on demand: what a client asks for must not hold up what is written,
 * and is ended with its thread, or its process, where it takes too long. With a process each message is a line of JSON.
 */
import type { HistoryEntry, KeptOutput } from "./HistoryEntry.ts"
import type { Page, PageRequest, Viewer } from "../../history/find-records.ts"
import type { Keep } from "./Retention.ts"

/** Where the database is. `memory`: under that name, for the threads of this process, as long as one of them has it open. */
export interface Location {
  readonly file: string
  readonly where: "file" | "memory"
}

export interface WriterStart extends Location {
  readonly role: "history writer"
  readonly mark: string
  readonly previousMark: string | undefined
  readonly keep: Keep
  /** What must not be in outputs. */
  readonly secrets: Readonly<Record<string, string>>
}

export interface ReaderStart extends Location {
  readonly role: "history reader"
  /** See nice(2). Only on Linux, where each thread has its own. */
  readonly nice: number
}

/** What V8 may take of a reader, in MiB: outputs are read whole, twice. */
export const READER_HEAP = { youngMb: 16, oldMb: 512 }

export type HistoryThreadStart = WriterStart | ReaderStart

export type ToWriter =
  | { readonly _tag: "Write"; readonly batch: number; readonly entries: ReadonlyArray<HistoryEntry> }
  | { readonly _tag: "Close" }

export type FromWriter =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Failed"; readonly problem: string }
  | { readonly _tag: "Written"; readonly batch: number }
  /** A batch cannot be written. It is tried again, and no other before it. */
  | { readonly _tag: "Trouble"; readonly problem: string }

export type Question =
  | ({ readonly _tag: "Find" } & PageRequest)
  | { readonly _tag: "Outputs"; readonly viewer: Viewer; readonly id: string }

export interface AnswerTo {
  readonly Find: Page
  readonly Outputs: ReadonlyArray<KeptOutput> | undefined
}

export type FromReader =
  /** It has opened the database, and listens. */
  | { readonly _tag: "Ready" }
  | { readonly _tag: "Answer"; readonly answer: AnswerTo[Question["_tag"]] }
  /** `isQuestion`: it is the question that is wrong. */
  | { readonly _tag: "Problem"; readonly problem: string; readonly isQuestion: boolean }
