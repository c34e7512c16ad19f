/**
 * One client's view of a process: the facts of its life and its streams, as frames, in order.
 *
 * A process may have several views, or none. Each has its own credit and its own pace; one that belongs to the process's
 * owner may hold it up, one of somebody who only observes never does.
 */
import {
  type BrokerFrameEncoded,
  type Fd,
  type LifecycleEvent,
  type OutputStart,
  TransformFailed,
  type Unread
} from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import type { Writer } from "../input/Input.ts"
import { Subscription, type SubscriptionListener } from "../output/Subscription.ts"
import type { ChildStreams } from "./ChildStreams.ts"

type WithoutChannel<F> = F extends unknown ? Omit<F, "channel"> : never
/** A frame of a process; whoever listens knows its channel. */
export type ProcessFrame = WithoutChannel<BrokerFrameEncoded>

export interface ViewOptions {
  readonly windowBytes: number
  readonly unread: Unread
  /** Whether it may write to the process. */
  readonly mayWrite: boolean
  /** Whether it gets the output that is kept, or only what is still to come. */
  readonly replay: boolean
  /** Where streams go on instead: bytes of each before that place, of which it has as many at least. */
  readonly from?: ReadonlyMap<Fd, number>
  readonly frame: (frame: ProcessFrame) => void
  /** The last frame has been sent: the view has closed itself. */
  readonly over: () => void
}

/** How full windows are. */
export interface Occupancy {
  readonly heldBytes: number
  readonly sizeBytes: number
}

export interface ViewListener {
  /** It may have settled. */
  readonly changed: () => void
  /** Output of the process was dropped that its client has not taken. */
  readonly dropped: (fd: Fd) => void
}

/** The two streams of which `all` is made. */
const ordered: ReadonlyArray<Fd> = [1, 2]

export class View implements SubscriptionListener {
  readonly #options: ViewOptions
  readonly #listener: ViewListener
  // There are few, so that to look through them is as fast as a table, and takes less memory.
  readonly #subscriptions: Array<Subscription> = []
  #starts: ReadonlyArray<OutputStart> = []
  readonly #writers = new Map<Fd, Writer>()
  #streams: ChildStreams | undefined
  #isAbandoned = false
  /** `Closed` has been told. What is held then can still be taken. */
  #isOver = false
  #isReleased = false
  /** Outputs whose end has not been told. */
  #openOutputs = 0

  constructor(options: ViewOptions, listener: ViewListener) {
    this.#options = options
    this.#listener = listener
  }

  get inputs(): ReadonlyArray<Fd> {
    return [...this.#writers.keys()]
  }

  /** Where each output begins here. */
  get outputs(): ReadonlyArray<OutputStart> {
    return this.#starts
  }

  /** What its client has not taken, and what may be held for it. */
  get occupancy(): Occupancy {
    let heldBytes = 0
    for (const subscription of this.#subscriptions) heldBytes += subscription.heldBytes
    return { heldBytes, sizeBytes: this.#subscriptions.length * this.#options.windowBytes }
  }

  /** Everything has come, and nobody is waited for to take what is held. */
  get isSettled(): boolean {
    return this.#subscriptions.every((subscription) => subscription.isSettled)
  }

  /** The streams are there. What is kept of them comes first, in the order in which it came. */
  connect(streams: ChildStreams): void {
    this.#streams = streams
    const { replay, from, windowBytes, unread } = this.#options
    const wanted = (fd: Fd): number => from?.get(fd) ?? (replay ? 0 : streams.outputs.get(fd)!.totalBytes)
    const pieces = streams.replay.read(() => true, wanted)
    this.#openOutputs = streams.outputs.size
    this.#starts = [...streams.outputs].map(([fd, output]) => {
      const offset = pieces.find((piece) => piece.fd === fd)?.offset ?? output.totalBytes
      return { fd, offset, gone: offset - wanted(fd) }
    })
    for (const { fd, offset } of this.#starts) {
      this.#subscriptions.push(new Subscription(fd, offset, windowBytes, unread, this))
    }
    for (const { fd, bytes, arrival } of pieces) this.output(fd)!.push(bytes, arrival)
    for (const [fd, output] of streams.outputs) output.add(this.output(fd)!)
    if (this.#options.mayWrite) this.#openWriters(streams)
    // Its client may have gone while the process was being started.
    if (this.#isAbandoned) this.abandon()
  }

  /** Nothing is told after `Closed`. */
  tell(event: LifecycleEvent): void {
    if (!this.#isReleased && !this.#isOver) this.#options.frame({ _tag: "Lifecycle", event })
  }

  /** Nobody looks any more. */
  get isReleased(): boolean {
    return this.#isReleased
  }

  /**
   * The process has exited and its streams are over. Says so, once its client has taken what there was for it. Where
   * everything has been sent by then and no release is needed, that is the last frame.
   */
  closeIfSettled(needsRelease: boolean): void {
    if (this.#isOver || this.#isReleased || !this.isSettled) return
    const event: LifecycleEvent = {
      _tag: "Closed",
      at: Date.now(),
      dropped: { stdout: this.#dropped(1), stderr: this.#dropped(2) }
    }
    this.#isOver = true
    if (needsRelease || this.#openOutputs > 0) return this.#options.frame({ _tag: "Lifecycle", event })
    this.#options.frame({ _tag: "Lifecycle", event, isLast: true })
    this.#isReleased = true
    this.#leave()
    this.#options.over()
  }

  output(fd: Fd): Subscription | undefined {
    return this.#subscriptions.find((subscription) => subscription.fd === fd)
  }

  input(fd: Fd): Writer | undefined {
    return this.#writers.get(fd)
  }

  /** Its client does not read any more. */
  abandon(): void {
    this.#isAbandoned = true
    for (const subscription of this.#subscriptions) subscription.abandon()
  }

  /** Nobody looks any more: no frame follows, and the process waits for this client no longer. */
  close(): void {
    this.#isReleased = true
    this.abandon()
    this.#leave()
  }

  #leave(): void {
    for (const subscription of this.#subscriptions) this.#streams?.outputs.get(subscription.fd)?.remove(subscription)
    for (const writer of this.#writers.values()) writer.leave()
  }

  data(fd: Fd, bytes: Uint8Array, offset: number, arrival: number): void {
    const held = this.#youngestHeldBefore(arrival, fd)
    this.#options.frame({
      _tag: "Data",
      fd,
      offset,
      arrival,
      ...(held !== undefined && { held }),
      bytes: bytes as Uint8Array<ArrayBuffer>
    })
  }

  dropped(fd: Fd): void {
    this.#options.frame({ _tag: "Dropped", fd })
    // To drop what is not taken in time is what one who only observes has asked for, and so has one who has left.
    if (this.#options.mayWrite && !this.#isAbandoned) this.#listener.dropped(fd)
  }

  end(fd: Fd, error?: TransformFailed): void {
    this.#openOutputs--
    if (this.#isReleased) return
    this.#options.frame({ _tag: "End", fd, ...(error !== undefined && { error: encodeFailure(error) }) })
  }

  changed(fd: Fd): void {
    this.#streams?.outputs.get(fd)?.regulate()
    this.#listener.changed()
  }

  #openWriters(streams: ChildStreams): void {
    const { frame } = this.#options
    for (const [fd, input] of streams.inputs) {
      const writer = input.open({
        credit: (bytes) => frame({ _tag: "InputCredit", fd, bytes }),
        closed: (errno, limit) =>
          frame({
            _tag: "InputClosed",
            fd,
            ...(errno !== undefined && { errno }),
            ...(limit !== undefined && { limit })
          })
      })
      this.#writers.set(fd, writer)
    }
  }

  #youngestHeldBefore(arrival: number, fd: Fd): number | undefined {
    if (!ordered.includes(fd)) return undefined
    for (const other of ordered) {
      const held = other === fd ? undefined : this.output(other)?.youngestHeldBefore(arrival)
      if (held !== undefined) return held
    }
    return undefined
  }

  #dropped(fd: Fd): number {
    return this.output(fd)?.droppedBytes ?? 0
  }
}

const encodeFailure = Schema.encodeSync(TransformFailed)
