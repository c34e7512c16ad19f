/**
 * What travels on the data port of a session: bytes, credits, and the facts that must keep their order with the bytes.
 *
 * Control goes over Comlink on a port of its own, so a flood of output never delays a call. A message on the data port
 * is a *batch*: an array of frames, in order. Frames of different channels are independent.
 *
 * | frame | from | fields | meaning |
 * |---|---|---|---|
 * | `Data` | broker | fd, offset, arrival, held?, bytes | output; `offset` counts the bytes of the stream before it. A jump means that bytes were dropped |
 * | `Dropped` | broker | fd | nobody reads, and what follows of the stream is not what comes next: unread bytes go, too |
 * | `End` | broker | fd, error? | no more output on this stream; with `error`, since the transform that made it has failed |
 * | `Lifecycle` | broker | event, isLast? | a fact of the process's life |
 * | `InputCredit` | broker | fd, bytes | the client may send so many more |
 * | `InputClosed` | broker | fd, errno?, limit? | the child reads no more, or is given no more by a limit of its policy, `limit` bytes in all; what was not taken yet is lost |
 * | `Lost` | broker | error | the channel ended without its process's end: revoked, or the broker is going |
 * | `Credit` | client | fd, bytes | the broker may send so many more |
 * | `Drain` | client | fd | nobody reads this stream now: the oldest bytes may be dropped |
 * | `Input` | client | fd, bytes | input |
 * | `InputEnd` | client | fd | end of input |
 *
 * `arrival` numbers the chunks of a process in the order in which they came out of it, whatever their stream. Where credit
 * keeps back an older chunk of another stream, `held` is the number of the youngest of those: whoever wants one order of
 * all waits for it.
 *
 * With `isLast` the broker forgets the channel: nothing follows on it, and nothing is left that a release would end.
 *
 * Buffers are transferred, never shared: their sender has lost them. How many bytes may be under way is said in
 * `credits.ts`.
 */
import * as Schema from "effect/Schema"
import { ProcessError, TransformFailed } from "../errors/ProcessError.ts"
import { Fd } from "../process/Fd.ts"
import { LifecycleEvent } from "../process/Lifecycle.ts"

/** The client's number for a process within its session, unique among those it has not released. */
export const Channel = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))
export type Channel = typeof Channel.Type

/** Bytes in one frame at most; a longer chunk is split. Higher delays other channels, lower costs messages. */
export const MAX_FRAME_BYTES = 1024 * 1024

/** Frames in one batch at most. */
export const MAX_BATCH_FRAMES = 4096

const bytes = Schema.Natural

/**
 * Whether a value may be the bytes of a frame: a view of a buffer of its own, which nobody else can write to or resize,
 * and which is itself no larger than a frame may be. Credit counts what the view shows; the broker's buffers are at most
 * a third larger, and zero where the view does not reach.
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
  Schema.TaggedStruct("Data", {
    channel: Channel,
    fd: Fd,
    offset: Schema.Natural,
    arrival: Schema.Natural,
    held: Schema.optionalKey(Schema.Natural),
    bytes: Bytes
  }),
  Schema.TaggedStruct("Dropped", { channel: Channel, fd: Fd }),
  Schema.TaggedStruct("End", { channel: Channel, fd: Fd, error: Schema.optionalKey(TransformFailed) }),
  Schema.TaggedStruct("Lifecycle", {
    channel: Channel,
    event: LifecycleEvent,
    isLast: Schema.optionalKey(Schema.Literal(true))
  }),
  Schema.TaggedStruct("InputCredit", { channel: Channel, fd: Fd, bytes }),
  Schema.TaggedStruct("InputClosed", {
    channel: Channel,
    fd: Fd,
    errno: Schema.optionalKey(Schema.String),
    limit: Schema.optionalKey(Schema.Natural)
  }),
  Schema.TaggedStruct("Lost", { channel: Channel, error: ProcessError })
])
export type BrokerFrame = typeof BrokerFrame.Type
export type BrokerFrameEncoded = typeof BrokerFrame.Encoded

export const ClientFrame = Schema.Union([
  Schema.TaggedStruct("Credit", { channel: Channel, fd: Fd, bytes }),
  Schema.TaggedStruct("Drain", { channel: Channel, fd: Fd }),
  Schema.TaggedStruct("Input", { channel: Channel, fd: Fd, bytes: Bytes }),
  Schema.TaggedStruct("InputEnd", { channel: Channel, fd: Fd })
])
export type ClientFrame = typeof ClientFrame.Type
