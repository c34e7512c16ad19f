/**
 * What the worker and a launcher say to each other, over a socket that only the two of them have.
 *
 * On the wire: a batch is four bytes of length, big-endian, and that many bytes of JSON, an array of messages. Whatever
 * is sent within one turn of the loop makes one batch. The launcher never sees a byte of a child's streams.
 */
import type { PipeEnd } from "../child/open-pipe.ts"
import type { ProcessIdentity } from "../child/process-tree.ts"
import type { ChildEnd, ChildRequest } from "../child/start-child.ts"
import type { Times } from "./Times.ts"

/** One end of a pipe between two children. The launcher opens the pipe when it is first told of its number. */
export interface LinkSlot {
  readonly link: number
  readonly end: PipeEnd
}

/** The end of a named pipe that a child writes to. The name is gone once it has been opened. */
export interface PipeSlot {
  readonly pipe: string
}

/**
 * A file that the worker has open for appending, by a path that leads to its descriptor, so that it is that file and no
 * other.
 */
export interface FileSlot {
  readonly file: string
}

/** One stdio slot of a child: a connected socket by its number, a pipe, a link, a file, the host's own stream, or /dev/null. */
export type Slot = number | PipeSlot | LinkSlot | FileSlot | "inherit" | "ignore"

export type ToLauncher =
  /** Listen on `path`; a connection that begins with this nonce (hex) is the worker's. Every child gets the mark. */
  | { readonly _tag: "Listen"; readonly path: string; readonly nonce: string; readonly mark: string }
  | { readonly _tag: "Spawn"; readonly id: number; readonly request: ChildRequest; readonly stdio: ReadonlyArray<Slot> }
  /** No child that is still to be spawned has an end of this link. */
  | { readonly _tag: "CloseLink"; readonly link: number }
  | ({ readonly _tag: "Signal"; readonly signal: NodeJS.Signals } & Ask)
  /** Asks whether anybody is alive. */
  | ({ readonly _tag: "Probe" } & Ask)
  /**
   * The pipe that the worker reads from is to hold more, since much comes through it. By a path that leads to the worker's
   * descriptor. Done if it can be, and not answered.
   */
  | { readonly _tag: "Widen"; readonly file: string }
  /** Asks how late the launcher's loop is, which it takes note of from the first time on that it is asked. */
  | { readonly _tag: "Measure" }

/** What is answered by a `Seen` with the same `ask`. */
interface Ask {
  readonly ask: number
  /** The child whose group is meant. */
  readonly id: number
  /** Its descendants out of the group are meant, too; these are known already. */
  readonly tree?: ReadonlyArray<ProcessIdentity>
}

export type FromLauncher =
  | { readonly _tag: "Listening" }
  | { readonly _tag: "Started"; readonly id: number; readonly pid: number }
  | { readonly _tag: "Failed"; readonly id: number; readonly errno: string }
  | { readonly _tag: "Exited"; readonly id: number; readonly end: ChildEnd; readonly groupLives: boolean }
  /** The answer to a `Signal` (who was there for it) or a `Probe` (who is there). `strays`: those out of the group. */
  | {
      readonly _tag: "Seen"
      readonly ask: number
      readonly lives: boolean
      readonly strays?: ReadonlyArray<ProcessIdentity>
    }
  /** The answer to a `Measure`. */
  | { readonly _tag: "Measured"; readonly loopDelay: Times["taken"] }

/** A connection opens with the nonce and the number that the worker gave the socket. */
export const NONCE_BYTES = 16
export const HANDSHAKE_BYTES = NONCE_BYTES + 4
