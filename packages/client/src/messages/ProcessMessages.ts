import type { ProcessError } from "@spawnbroker/protocol"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"

/** What the messages of a Node process are, in both directions. What is absent may be any JSON. */
export interface IpcSchemas {
  /**
   * What the child sends, as its JSON has it: a schema of dates is one of text. Fields that it does not name are left out.
   * @default Schema.Json
   */
  readonly incoming?: MessageSchema | undefined
  /**
   * What the child is sent; what it encodes to is written as JSON.
   * @default Schema.Json
   */
  readonly outgoing?: MessageSchema | undefined
}

/** A schema without services. It must not be asynchronous. */
type MessageSchema = Schema.Codec<any, any>

/** The option `ipc`: any JSON both ways, or what it is. */
export type IpcOption = true | IpcSchemas

/**
 * What a handle on a Node process has with the option `ipc`: the other end of its `process.send`, `process.on("message")`
 * and `process.disconnect`.
 */
export interface ProcessMessages<Incoming, Outgoing> {
  /**
   * What the child sends, in order, up to the end of the channel: its `process.disconnect()` or its exit.
   *
   * One reader at a time. Whoever reads next goes on with the next message, whether the one before was interrupted, had
   * enough, or failed. A message that is not read holds the child's channel back once the window is full, as output does
   * (`windowBytes`); while somebody waits for the exit and nobody reads, the oldest are dropped, whole ones (`unread`).
   *
   * Node's own messages (`{ cmd: "NODE_…" }`) are not shown. A message with a socket or a server is refused as a whole: the
   * child hears that it did not arrive, and goes on.
   *
   * **Errors**: `InvalidArgument` for a message that is not JSON or does not fit `incoming`, with the place and without the
   * value; `LimitExceeded` for one of more than 16 MiB. Either is passed over. As for stdout beside these.
   */
  readonly messages: Stream.Stream<Incoming, ProcessError>
  /**
   * Sends a message, once there is room for all of it. Messages keep the order in which they were sent.
   *
   * **Errors**: `InvalidArgument` for one that does not fit `outgoing`, is not JSON, looks like one of Node's own, or comes
   * after `disconnect`; `Io` with `EPIPE` once the child has disconnected; `AlreadyExited`. **Interruption**: a message is
   * never sent in part, so it is sent all the same.
   */
  readonly send: (message: Outgoing) => Effect.Effect<void, ProcessError>
  /**
   * The end of the channel, after what has been sent. The child gets `disconnect`; if it has nothing else to wait for, it
   * exits. Doing it twice is the same as once.
   */
  readonly disconnect: Effect.Effect<void, ProcessError>
}

/** The members that a handle has by its option `ipc`: none without it, nor where its type says nothing of it. */
export type MessagesOf<Ipc> =
  HasMessages<Ipc> extends true ? ProcessMessages<IncomingOf<Ipc>, OutgoingOf<Ipc>> : unknown

export type HasMessages<Ipc> = [Ipc] extends [undefined] ? false : [IpcOption] extends [Ipc] ? false : true

export type IncomingOf<Ipc> = Ipc extends { readonly incoming: Schema.Schema<infer A> } ? A : Schema.Json
export type OutgoingOf<Ipc> = Ipc extends { readonly outgoing: Schema.Schema<infer A> } ? A : Schema.Json
