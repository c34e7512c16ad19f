import {
  type BrokerFrame,
  type Channel,
  type ClientFrame,
  type ExitStatus,
  type Fd,
  type LifecycleEvent,
  type OutputStart,
  type ProcessError,
  type StreamOffsets
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { Incoming, type IncomingLink } from "../process/Incoming.ts"
import { LifecycleLog } from "../process/LifecycleLog.ts"
import { type InputAllowance, Outgoing, type OutgoingLink, overLimit } from "../process/Outgoing.ts"
import type { DataPort } from "./DataPort.ts"
import type { ProcessHold } from "./ProcessHold.ts"

type ClosedEvent = Extract<LifecycleEvent, { readonly _tag: "Closed" }>

const noBytes: StreamOffsets = { stdout: 0, stderr: 0 }

/** What a client knows of one process: the ends of its streams, and the facts of its life. */
export class ProcessChannel implements IncomingLink, OutgoingLink {
  readonly lifecycle: LifecycleLog
  readonly hold: ProcessHold
  readonly #channel: Channel
  readonly #windowBytes: number
  readonly #data: DataPort
  // There are few of each, so that to look through them is as fast as a table, and takes less memory.
  readonly #outputs: Array<Incoming> = []
  readonly #inputs: Array<Outgoing> = []
  #allowance: InputAllowance | undefined
  #exitWaiters = 0
  #holdsWhileRunning = false
  /** The broker has forgotten the channel: nothing follows, and there is nothing to release. */
  isReleased = false
  /** The process has been started on the channel and not detached from it: whatever becomes of it, its last fact comes. */
  isBound = false
  /** Bytes that were asked for and were no longer kept. */
  gone: StreamOffsets = noBytes

  constructor(channel: Channel, windowBytes: number, hold: ProcessHold, data: DataPort) {
    this.#channel = channel
    this.#windowBytes = windowBytes
    this.hold = hold
    this.lifecycle = new LifecycleLog(hold)
    this.#data = data
  }

  /** These streams lead to this client. Of a process that was there before, the first bytes may come before that is known. */
  open(inputs: ReadonlyArray<Fd>, outputs: ReadonlyArray<Fd>): void {
    for (const fd of outputs) this.#openOutput(fd)
    for (const fd of inputs) this.#openInput(fd)
  }

  /** So does this one, from there on. */
  openAt({ fd, offset, gone }: OutputStart): void {
    this.#openOutput(fd).startAt(offset)
    if (fd === 1) this.gone = { ...this.gone, stdout: gone }
    if (fd === 2) this.gone = { ...this.gone, stderr: gone }
  }

  /** Up to where readers have taken the outputs. */
  get offsets(): StreamOffsets {
    return { stdout: this.output(1)?.position ?? 0, stderr: this.output(2)?.position ?? 0 }
  }

  /** It takes so many bytes on all its inputs together. */
  limitInputs(bytes: number): void {
    this.#allowance = { maximum: bytes, left: bytes }
    for (const input of this.#inputs) input.limit(this.#allowance)
  }

  /** It keeps the loop of this thread alive until it has ended. */
  holdWhileRunning(): void {
    this.#holdsWhileRunning = true
    this.hold.add(1)
  }

  input(fd: Fd): Outgoing | undefined {
    return this.#inputs.find((input) => input.fd === fd)
  }

  output(fd: Fd): Incoming | undefined {
    return this.#outputs.find((output) => output.fd === fd)
  }

  /** Stdout and stderr, as far as they lead here. */
  get standardOutputs(): ReadonlyArray<Incoming> {
    return [this.output(1), this.output(2)].filter((output) => output !== undefined)
  }

  /** How it ended, once it has. Whoever waits for that does not wait for readers. */
  get exit(): Effect.Effect<ExitStatus, ProcessError> {
    return Effect.suspend(() => {
      if (this.lifecycle.hasExited) return this.lifecycle.exit
      this.#exitWaiters++
      this.hold.add(1)
      // A reader that is forked in the same breath comes first.
      return Effect.yieldNow.pipe(
        Effect.andThen(Effect.sync(() => this.#drainUnread())),
        Effect.andThen(this.lifecycle.exit),
        Effect.ensuring(
          Effect.sync(() => {
            this.#exitWaiters--
            this.hold.add(-1)
          })
        )
      )
    })
  }

  credit(fd: Fd, bytes: number): void {
    this.#data.post({ _tag: "Credit", channel: this.#channel, fd, bytes })
  }

  drain(fd: Fd): void {
    this.#data.post({ _tag: "Drain", channel: this.#channel, fd })
  }

  acquired(): void {
    this.hold.add(1)
  }

  released(): void {
    this.hold.add(-1)
    this.#drainUnread()
  }

  send(fd: Fd, frame: Parameters<OutgoingLink["send"]>[1], transfer?: ArrayBuffer): void {
    this.#data.post({ ...frame, channel: this.#channel, fd } as ClientFrame, transfer)
  }

  receive(frame: BrokerFrame): void {
    switch (frame._tag) {
      case "Data":
        return this.#openOutput(frame.fd).receive(frame.bytes, frame.offset, frame.arrival, frame.held)
      case "Dropped":
        return this.#openOutput(frame.fd).gap()
      case "End":
        return frame.error === undefined
          ? this.#openOutput(frame.fd).end()
          : this.#openOutput(frame.fd).fail(frame.error)
      case "Lifecycle":
        this.isReleased = frame.isLast === true
        return this.#tell(frame.event)
      case "InputCredit":
        return this.input(frame.fd)?.grant(frame.bytes)
      case "InputClosed":
        return this.#openInput(frame.fd).close(
          frame.limit === undefined ? { errno: frame.errno ?? "EPIPE" } : { error: overLimit(frame.limit) }
        )
      case "Lost":
        return this.fail(frame.error)
    }
  }

  /** Nothing more will be heard of it. */
  fail(error: ProcessError): void {
    this.#ended()
    for (const output of this.#outputs) output.fail(error)
    for (const input of this.#inputs) input.close({ error })
    this.lifecycle.fail(error)
  }

  /** Whoever waits for the fact runs as soon as it is told, so what follows from it comes first. */
  #tell(event: LifecycleEvent): void {
    if (event._tag === "Exited") for (const input of this.#inputs) input.close("by its exit")
    if (event._tag === "Exited" || event._tag === "Failed") this.#ended()
    this.lifecycle.add(event._tag === "Closed" ? this.#withDiscarded(event) : event)
  }

  /** It runs no more. */
  #ended(): void {
    if (this.#holdsWhileRunning) this.hold.add(-1)
    this.#holdsWhileRunning = false
  }

  /** Of what was dropped, some was here already. */
  #withDiscarded(event: ClosedEvent): ClosedEvent {
    const stdout = event.dropped.stdout + (this.output(1)?.discardedBytes ?? 0)
    const stderr = event.dropped.stderr + (this.output(2)?.discardedBytes ?? 0)
    return { ...event, dropped: { stdout, stderr } }
  }

  #drainUnread(): void {
    if (this.#exitWaiters > 0) for (const output of this.#outputs) output.drain()
  }

  #openInput(fd: Fd): Outgoing {
    const known = this.input(fd)
    if (known !== undefined) return known
    const input = new Outgoing(fd, this)
    this.#inputs.push(input)
    if (this.#allowance !== undefined) input.limit(this.#allowance)
    if (this.lifecycle.hasExited) input.close("by its exit")
    return input
  }

  #openOutput(fd: Fd): Incoming {
    const known = this.output(fd)
    if (known !== undefined) return known
    const output = new Incoming(fd, this.#windowBytes, this)
    this.#outputs.push(output)
    return output
  }
}
