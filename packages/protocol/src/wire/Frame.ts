/**
 * What travels on the data port of a session: bytes, credits, and the facts that must keep their order with the bytes.
 *
 * Control goes over Comlink on a port of its own, so a flood of output never delays a call. A message on the data port
 * is a *batch*: an array of frames, in order. Frames of different channels are independent.
 *
 * | frame | from | fields | meaning |
 * |---|---|---|---|
 * | `Data` | broker | stream, offset, bytes | output; `offset` counts the bytes of the stream before it. A jump means that bytes were dropped |
 * | `Dropped` | broker | stream | nobody reads, and what follows of the stream is not what comes next: unread bytes go, too |
 * | `End` | broker | stream | no more output on this stream |
 * | `Lifecycle` | broker | event | a fact of the process's life |
 * | `StdinCredit` | broker | bytes | the client may send so many more |
 * | `StdinClosed` | broker | errno? | the child reads no more; what was not taken yet is lost |
 * | `Lost` | broker | error | the channel ended without its process's end: revoked, or the broker is going |
 * | `Credit` | client | stream, bytes | the broker may send so many more |
 * | `Drain` | client | stream | nobody reads this stream now: the oldest bytes may be dropped |
 * | `Stdin` | client | bytes | input |
 * | `StdinEnd` | client | | end of input |
 *
 * Buffers are transferred, never shared: their sender has lost them. How many bytes may be under way is said in
 * `credits.ts`.
 */
import * as Schema from "effect/Schema"
import { ProcessError } from "../errors/ProcessError.ts"
import { LifecycleEvent } from "../process/Lifecycle.ts"

/** The client's number for a process within its session, unique among those it has not released. */
export const Channel = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))
export type Channel = typeof Channel.Type

/** The number of the file descriptor in the child. */
export const OutputStream = Schema.Literals([1, 2])
export type OutputStream = typeof OutputStream.Type

/** Bytes in one frame at most; a longer chunk is split. Higher delays other channels, lower costs messages. */
export const MAX_FRAME_BYTES = 1024 * 1024

/** Frames in one batch at most. */
export const MAX_BATCH_FRAMES = 4096

const bytes = Schema.Natural

/**
 * Whether a value may be the bytes of a frame: a view of a buffer of its own, which nobody else can write to or resize,
 * and which is itself no larger than a frame may be. Credit counts what the view shows, so it must be what it costs.
 */
export const isFrameBytes = (value: unknown): value is Uint8Array<ArrayBuffer> =>
  value instanceof Uint8Array &&
  value.buffer instanceof ArrayBuffer &&
  !value.buffer.resizable &&
  value.buffer.byteLength <= MAX_FRAME_BYTES

const Bytes = Schema.Uint8Array.check(
  Schema.makeFilter((chunk) => isFrameBytes(chunk) || `a buffer of its own of at most ${MAX_FRAME_BYTES} bytes`)
)

export const BrokerFrame = Schema.Union([
  Schema.TaggedStruct("Data", { channel: Channel, stream: OutputStream, offset: Schema.Natural, bytes: Bytes }),
  Schema.TaggedStruct("Dropped", { channel: Channel, stream: OutputStream }),
  Schema.TaggedStruct("End", { channel: Channel, stream: OutputStream }),
  Schema.TaggedStruct("Lifecycle", { channel: Channel, event: LifecycleEvent }),
  Schema.TaggedStruct("StdinCredit", { channel: Channel, bytes }),
  Schema.TaggedStruct("StdinClosed", { channel: Channel, errno: Schema.optionalKey(Schema.String) }),
  Schema.TaggedStruct("Lost", { channel: Channel, error: ProcessError })
])
export type BrokerFrame = typeof BrokerFrame.Type
export type BrokerFrameEncoded = typeof BrokerFrame.Encoded

export const ClientFrame = Schema.Union([
  Schema.TaggedStruct("Credit", { channel: Channel, stream: OutputStream, bytes }),
  Schema.TaggedStruct("Drain", { channel: Channel, stream: OutputStream }),
  Schema.TaggedStruct("Stdin", { channel: Channel, bytes: Bytes }),
  Schema.TaggedStruct("StdinEnd", { channel: Channel })
])
export type ClientFrame = typeof ClientFrame.Type
