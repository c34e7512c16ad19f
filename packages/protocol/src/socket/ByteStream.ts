export type Sent = (error?: Error | null) => void

/**
 * A connection that carries bytes, both ways and in order: what is used of Node's `net.Socket`, without Node's types.
 */
export interface ByteStream {
  /**
   * `false`: more waits to be sent than is good; `drain` tells when it has gone. `sent`: once the system has them, and all that
   * was written before; or, with an error, that nobody will. Not every kind of connection tells.
   */
  write(bytes: Uint8Array, sent?: Sent): boolean
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown
  on(event: "drain" | "close", listener: () => void): unknown
  on(event: "error", listener: (cause: Error) => void): unknown
  pause(): unknown
  resume(): unknown
  /** Holds what is written back until `uncork`, so that it leaves in one piece. */
  cork(): void
  uncork(): void
  /** No more is written. What was goes out first. */
  end(): unknown
  destroy(): unknown
  /** Bytes that were written and have not gone out yet. */
  readonly writableLength: number
}
