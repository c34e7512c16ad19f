/**
 * Something that can run processes: ours, or what a user would take instead.
 *
 * Every subject does the same work and looks at every byte by its length only, in the way its own documentation would have
 * it done. A scenario is written once, against this, and runs in Node, Bun and Deno alike.
 */

/** Gets the size of each chunk of stdout. */
export type OnData = (bytes: number) => void

export interface Subject {
  /** Runs a command to its end, without stdin. Both outputs are piped and read. */
  readonly run: (command: string, args: ReadonlyArray<string>, onData: OnData) => Promise<void>
  /** Starts a process that stays, with all three streams piped, and reads its output meanwhile. */
  readonly start: (command: string, args: ReadonlyArray<string>, onData: OnData) => Promise<Live>
  /** The same, but its reader takes one chunk of stdout and then no more. Resolves once it has that chunk. */
  readonly startUnread: (command: string, args: ReadonlyArray<string>) => Promise<Live>
  /** Counts the lines of stdout through the subject's own stream of lines, if it has one. */
  readonly countLines?: (command: string, args: ReadonlyArray<string>) => Promise<number>
  /** There, where a history is kept: waits until it has so many processes, whole. */
  readonly recorded?: (count: number) => Promise<void>
  /** Searches the outputs of what it has run, again and again, if it keeps them. Answers what ends that. */
  readonly search?: (expression: string) => () => Promise<void>
  /** Parses each line of stdout as JSON, and counts those whose `level` is `error`, which it has as objects, if it can. */
  readonly readErrors?: (command: string, args: ReadonlyArray<string>) => Promise<number>
  /** Ends whatever the subject itself keeps running. */
  readonly close: () => Promise<void>
}

/** A process that runs. */
export interface Live {
  readonly pid: number
  readonly write: (data: Uint8Array) => void
  /** Asks whether it runs, if that is a question to somebody else and not a property. */
  readonly status?: () => Promise<unknown>
  /** Ends it with SIGTERM, and resolves once it has exited. */
  readonly stop: () => Promise<void>
}

export type MakeSubject = () => Promise<Subject>
