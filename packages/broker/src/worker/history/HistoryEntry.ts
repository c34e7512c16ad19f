/**
 * What the broker's thread gives the history's to write: what has become of processes, and other facts.
 *
 * It crosses by structured clone, from one thread of ours to another, and is not decoded.
 */
import type { BusEvent } from "@spawnbroker/protocol"

type FactOf<Tag extends BusEvent["_tag"]> = Extract<BusEvent, { readonly _tag: Tag }>

/** The end of one output. */
export interface KeptOutput {
  readonly fd: number
  /** Bytes before these. */
  readonly omitted: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What is new of one process. Most have all of it at once, since they are over before the next batch. */
export interface ProcessEntry {
  readonly _tag: "Process"
  readonly id: string
  readonly started?: Started
  exited?: Ended
  closed?: Closed
}

export type Started = Pick<
  FactOf<"ProcessStarted">,
  | "at"
  | "pid"
  | "subject"
  | "tokenId"
  | "operation"
  | "command"
  | "args"
  | "argsOmitted"
  | "file"
  | "cwd"
  | "rule"
  | "inherited"
>

export type Ended = Pick<
  FactOf<"ProcessExited">,
  "at" | "durationMs" | "exit" | "killedBy" | "limit" | "cpuMs" | "peakRssBytes"
>

export interface Closed extends Pick<FactOf<"ProcessClosed">, "bytes" | "limit"> {
  readonly kept: ReadonlyArray<KeptOutput>
}

/** A token that is named by an entry for the first time, or may be, after the one that it was derived from. */
export interface TokenEntry {
  readonly _tag: "Token"
  readonly id: string
  readonly parent: string | undefined
}

/** A fact that is not about the life of a process: a decision, a client, a token. */
export interface FactEntry {
  readonly _tag: "Fact"
  readonly event: BusEvent
}

/** Entries are missing here. `living`: the processes that run still. Whatever else is thought to run has ended meanwhile. */
export interface LostEntry {
  readonly _tag: "Lost"
  readonly living: ReadonlyArray<string>
}

export type HistoryEntry = ProcessEntry | TokenEntry | FactEntry | LostEntry
