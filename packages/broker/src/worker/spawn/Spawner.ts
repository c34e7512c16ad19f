/**
 * Something that can start children, and tell how they end. Two implementations: `DirectSpawner`, `LauncherSpawner`.
 *
 * A spawner runs what it is told to: whether it may run is settled before. Its callbacks are called from the worker's
 * loop, `exited` at most once, and data may come before or after `exited`.
 */
import type { PipeEnd } from "../../child/open-pipe.ts"
import type { ProcessIdentity, TreeAnswer } from "../../child/process-tree.ts"
import type { ChildEnd, ChildRequest } from "../../child/start-child.ts"
import type { Times } from "../../link/Times.ts"
import type { Fd, TransformFailed } from "@spawnbroker/protocol"

export interface SourceListener {
  /** Gets bytes that are there during the call only, in memory of others. */
  readonly data: (chunk: Uint8Array) => void
  /** Comes once, after the last byte; with an error where what comes next, of a transform, is not known. */
  readonly end: (error?: TransformFailed) => void
}

/** Bytes that come out of a child. Paused until `start`. */
export interface ByteSource {
  start(listener: SourceListener): void
  pause(): void
  resume(): void
  /** Gives up what is still to come. `end` is not called. */
  destroy(): void
  /** There, where it is a transform's: its process has exited, and it ends by itself when the child has fallen silent. */
  processExited?(): void
  /** There, where it is a transform's: bytes that came out of the child. */
  readonly rawBytes?: number
}

/** Bytes that go into a child. */
export interface ByteSink {
  /** `written` is called once the kernel has taken them, or will never (see `onClosed`). */
  write(chunk: Uint8Array, written: () => void): void
  /** End of input, after what has been written. */
  end(): void
  /** Called once if the child reads no more: with the errno of a failed write, or none. */
  onClosed(listener: (errno: string | undefined) => void): void
  destroy(): void
}

/** A pipe of the kernel from one child to another. No byte of it comes by here. */
export interface Link {
  readonly id: number
  /** Once every child that was to have an end has been started, or none of them will be. */
  readonly close: () => void
}

export interface LinkEnd {
  readonly link: Link
  readonly end: PipeEnd
}

/** A file that this process has open for appending, until the child has been started. */
export interface FileEnd {
  readonly file: number
}

/** What a descriptor of a child is: one end of a stream whose other end is ours, or none of our business. */
export type StdioRequest = "input" | "output" | "duplex" | "inherit" | "ignore" | LinkEnd | FileEnd

export const isLinkEnd = (stdio: StdioRequest): stdio is LinkEnd => typeof stdio === "object" && "link" in stdio

export interface SpawnRequest extends ChildRequest {
  /** By the number of the descriptor. */
  readonly stdio: ReadonlyArray<StdioRequest>
}

/**
 * How a child ended. `crashed`: its parent, the launcher, died, and it was killed. `groupLives`: others of its process group
 * have outlived it.
 */
export interface SpawnedEnd extends ChildEnd {
  readonly crashed?: boolean
  readonly groupLives: boolean
}

export interface Spawned {
  readonly pid: number
  readonly inputs: ReadonlyMap<Fd, ByteSink>
  readonly outputs: ReadonlyMap<Fd, ByteSource>
  readonly exited: Promise<SpawnedEnd>
  /**
   * Signals the process group. Answers whether anybody of it was there; if so, `found` is called first, and before
   * anything that the signal brings about is told.
   */
  readonly signal: (signal: NodeJS.Signals, found?: () => void) => Promise<boolean>
  /** Whether the process, or anybody of its group, is alive. */
  readonly lives: () => Promise<boolean>
  /**
   * The same for the process and all its descendants. `known`: those out of its group who were found before; from the
   * answer on, its `strays` are.
   */
  readonly signalTree: (
    signal: NodeJS.Signals,
    known: ReadonlyArray<ProcessIdentity>,
    found?: () => void
  ) => Promise<TreeAnswer>
  readonly treeLives: (known: ReadonlyArray<ProcessIdentity>) => Promise<TreeAnswer>
}

/** Why a child could not be started: an errno name. */
export class SpawnError extends Error {
  readonly errno: string
  constructor(errno: string) {
    super(errno)
    this.errno = errno
  }
}

/** How the launchers do. */
export interface SpawnerHealth {
  /** How often one has died and was followed by another. */
  readonly replaced: number
  /** How late the loop of each is, by its place. Those that do not answer in half a second are left out. */
  readonly launchers: ReadonlyArray<{ readonly seat: number; readonly loopDelay: Times["taken"] }>
}

export interface Spawner {
  readonly kind: "direct" | "launcher"
  /** Launchers that are ready now. */
  readonly launchers: number
  /** Rejects with {@link SpawnError}. */
  spawn(request: SpawnRequest): Promise<Spawned>
  /** A link between two children of this spawner. It costs nothing until the first of them is started. */
  openLink(): Link
  health(): Promise<SpawnerHealth>
  /** Kills what is left and gives everything back. */
  close(): Promise<void>
}
