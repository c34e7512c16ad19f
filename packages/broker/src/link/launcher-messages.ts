/**
 * What the worker and a launcher say to each other, over a socket that only the two of them have.
 *
 * On the wire: a batch is four bytes of length, big-endian, and that many bytes of JSON, an array of messages. Whatever
 * is sent within one turn of the loop makes one batch. The launcher never sees a byte of a child's streams.
 */
import type { ChildEnd, ChildRequest } from "../child/start-child.ts"

/** One stdio slot of a child: a connected socket by its number, the host's own stream, or /dev/null. */
export type Slot = number | "inherit" | "ignore"

export type ToLauncher =
  /** Listen on `path`; a connection that begins with this nonce (hex) is the worker's. */
  | { readonly _tag: "Listen"; readonly path: string; readonly nonce: string }
  | { readonly _tag: "Spawn"; readonly id: number; readonly request: ChildRequest; readonly stdio: ReadonlyArray<Slot> }
  | { readonly _tag: "Signal"; readonly id: number; readonly signal: NodeJS.Signals }
  /** Asks whether anybody of the group is alive. */
  | { readonly _tag: "Probe"; readonly id: number }

export type FromLauncher =
  | { readonly _tag: "Listening" }
  | { readonly _tag: "Started"; readonly id: number; readonly pid: number }
  | { readonly _tag: "Failed"; readonly id: number; readonly errno: string }
  | { readonly _tag: "Exited"; readonly id: number; readonly end: ChildEnd; readonly groupLives: boolean }
  /** The answer to a `Signal` or a `Probe`. */
  | { readonly _tag: "Signaled"; readonly id: number; readonly groupLives: boolean }

/** A connection opens with the nonce and the number that the worker gave the socket. */
export const NONCE_BYTES = 16
export const HANDSHAKE_BYTES = NONCE_BYTES + 4
