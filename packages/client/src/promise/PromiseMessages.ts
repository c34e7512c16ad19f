import type { HasMessages, IncomingOf, OutgoingOf } from "../messages/ProcessMessages.ts"

/** What a Node process has with the option `ipc`: the other end of its `process.send` and `process.on("message")`. */
export interface PromiseMessages<Incoming, Outgoing> {
  /**
   * What the child sends, in order, up to its `process.disconnect()` or its exit. A loop that is broken off, or has thrown,
   * goes on with the next message in the next loop. One loop at a time.
   *
   * **Errors**: `InvalidArgument` for a message that is not JSON or does not fit the schema, `LimitExceeded` for one of more
   * than 16 MiB; either is passed over. As for `stdout` beside these.
   */
  readonly messages: AsyncIterable<Incoming, void, undefined>
  /**
   * Sends a message, and resolves once there is room for all of it. Messages keep the order of the calls.
   *
   * **Errors**: `InvalidArgument` for one that does not fit the schema, is not JSON, or comes after `disconnect`; `Io` with
   * `EPIPE` once the child has disconnected; `AlreadyExited`.
   */
  send(message: Outgoing): Promise<void>
  /** The end of the channel, after what has been sent. A second call does nothing. */
  disconnect(): Promise<void>
}

/** The members that a process has by its option `ipc`: none without it. */
export type PromiseMessagesOf<Ipc> =
  HasMessages<Ipc> extends true ? PromiseMessages<IncomingOf<Ipc>, OutgoingOf<Ipc>> : unknown
