import {
  type BrokerFrame,
  type Channel,
  type ClientFrame,
  type ExitStatus,
  type LifecycleEvent,
  type OutputStream,
  type ProcessError,
  type SpawnSpec
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { Incoming } from "../process/Incoming.ts"
import { LifecycleLog } from "../process/LifecycleLog.ts"
import { Outgoing } from "../process/Outgoing.ts"

type ClosedEvent = Extract<LifecycleEvent, { readonly _tag: "Closed" }>

/** What a client knows of one process: the ends of its streams, and the facts of its life. */
export class ProcessChannel {
  readonly lifecycle = new LifecycleLog()
  readonly stdout: Incoming | undefined
  readonly stderr: Incoming | undefined
  readonly stdin: Outgoing | undefined
  #arrivals = 0
  #exitWaiters = 0

  constructor(channel: Channel, spec: SpawnSpec, post: (frame: ClientFrame, transfer?: ArrayBuffer) => void) {
    const incoming = (stream: OutputStream): Incoming =>
      new Incoming(stream, spec.windowBytes, {
        credit: (bytes) => post({ _tag: "Credit", channel, stream, bytes }),
        drain: () => post({ _tag: "Drain", channel, stream }),
        nextArrival: () => this.#arrivals++,
        released: () => this.#drainUnread()
      })
    this.stdout = spec.stdout === "pipe" ? incoming(1) : undefined
    this.stderr = spec.stderr === "pipe" ? incoming(2) : undefined
    this.stdin =
      spec.stdin === "pipe"
        ? new Outgoing((frame, transfer) => post({ ...frame, channel } as ClientFrame, transfer))
        : undefined
  }

  get outputs(): ReadonlyArray<Incoming> {
    return [this.stdout, this.stderr].filter((output) => output !== undefined)
  }

  /** How it ended, once it has. Whoever waits for that does not wait for readers. */
  get exit(): Effect.Effect<ExitStatus, ProcessError> {
    return Effect.suspend(() => {
      if (this.lifecycle.hasExited) return this.lifecycle.exit
      this.#exitWaiters++
      // A reader that is forked in the same breath comes first.
      return Effect.yieldNow.pipe(
        Effect.andThen(Effect.sync(() => this.#drainUnread())),
        Effect.andThen(this.lifecycle.exit),
        Effect.ensuring(Effect.sync(() => this.#exitWaiters--))
      )
    })
  }

  receive(frame: BrokerFrame): void {
    switch (frame._tag) {
      case "Data":
        return this.#output(frame.stream)?.receive(frame.bytes)
      case "Dropped":
        return this.#output(frame.stream)?.gap()
      case "End":
        return this.#output(frame.stream)?.end()
      case "Lifecycle":
        return this.#tell(frame.event)
      case "StdinCredit":
        return this.stdin?.grant(frame.bytes)
      case "StdinClosed":
        return this.stdin?.close({ errno: frame.errno ?? "EPIPE" })
      case "Lost":
        return this.fail(frame.error)
    }
  }

  /** Nothing more will be heard of it. */
  fail(error: ProcessError): void {
    for (const output of this.outputs) output.fail(error)
    this.stdin?.close({ error })
    this.lifecycle.fail(error)
  }

  /** Whoever waits for the fact runs as soon as it is told, so what follows from it comes first. */
  #tell(event: LifecycleEvent): void {
    if (event._tag === "Exited") this.stdin?.close("by its exit")
    this.lifecycle.add(event._tag === "Closed" ? this.#withDiscarded(event) : event)
  }

  /** Of what was dropped, some was here already. */
  #withDiscarded(event: ClosedEvent): ClosedEvent {
    const stdout = event.dropped.stdout + (this.stdout?.discardedBytes ?? 0)
    const stderr = event.dropped.stderr + (this.stderr?.discardedBytes ?? 0)
    return { ...event, dropped: { stdout, stderr } }
  }

  #drainUnread(): void {
    if (this.#exitWaiters > 0) for (const output of this.outputs) output.drain()
  }

  #output(stream: OutputStream): Incoming | undefined {
    return stream === 1 ? this.stdout : this.stderr
  }
}
