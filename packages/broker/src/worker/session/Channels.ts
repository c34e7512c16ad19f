/** What a session looks at: processes and streams of the host, each on the channel that the client chose for it. */
import {
  AlreadyExited,
  type BrokerFrameEncoded,
  type BrokerUnavailable,
  type Channel,
  type ClientFrame,
  type Fd,
  type HostFd,
  InvalidArgument,
  type InvalidToken,
  Io,
  LimitExceeded,
  type OutputStart,
  type PermissionDenied,
  ProcessError,
  type ProcessInfo,
  type StreamOffsets,
  streamName,
  type Unread
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { errnoOf } from "../../child/start-child.ts"
import { authorizeHostStream } from "../access/Authorizer.ts"
import { type Capability, isOf } from "../access/Capability.ts"
import type { HostStream } from "../host-stdio/HostStdio.ts"
import type { Process } from "../process/Process.ts"
import type { ProcessFrame, View, ViewOptions } from "../process/View.ts"
import type { Worker } from "../Worker.ts"
import type { DataPort } from "./DataPort.ts"

/** Processes that one connection may look at. */
const MAX_CHANNELS = 65_536

/** Clients that may look at one process at a time. Each costs the broker a copy of what it has not taken yet. */
const MAX_VIEWS = 32

interface Attached {
  readonly process: Process
  readonly view: View
  /** Whether the release of the channel ends the process. */
  endsProcess: boolean
}

export interface AttachOptions {
  readonly replay: boolean
  readonly from?: Partial<StreamOffsets>
  readonly windowBytes: number
  readonly unread: Unread
}

type Looking = Pick<ViewOptions, "replay" | "from" | "windowBytes" | "unread">

export class Channels {
  readonly #worker: Worker
  readonly #capability: Capability
  readonly #data: DataPort
  readonly #onBreach: () => void
  readonly #attached = new Map<Channel, Attached>()
  readonly #hostStreams = new Map<Channel, HostStream>()
  #closed: InvalidToken | BrokerUnavailable | undefined

  /** `onBreach`: the client has sent more than it had credit for. */
  constructor(worker: Worker, capability: Capability, data: DataPort, onBreach: () => void) {
    this.#worker = worker
    this.#capability = capability
    this.#data = data
    this.#onBreach = onBreach
  }

  /** Puts a process that is there already on a channel. */
  attach(
    channel: Channel,
    process: Process,
    { from, ...options }: AttachOptions
  ): Effect.Effect<
    { readonly info: ProcessInfo; readonly inputs: ReadonlyArray<Fd>; readonly outputs: ReadonlyArray<OutputStart> },
    ProcessError
  > {
    return Effect.gen({ self: this }, function* () {
      yield* Effect.promise(() => process.launched)
      if (this.#closed !== undefined) return yield* this.#closed
      if (process.info.state === "failed") return yield* new AlreadyExited({ id: process.id, operation: "attach" })
      yield* this.checkFree([channel])
      if (process.viewCount >= MAX_VIEWS) return yield* new LimitExceeded({ limit: "attachments", maximum: MAX_VIEWS })
      const places = yield* Effect.fromResult(placesOf(process, from))
      const isOwner = isOf(process.owner, this.#capability.tokenId)
      // Who only observes must not be able to hold up what it cannot even signal.
      const unread = isOwner ? options.unread : "tail"
      const view = this.#view(process, channel, { ...options, unread, from: places }, isOwner)
      if (!view.isReleased) this.#attached.set(channel, { process, view, endsProcess: false })
      this.#worker.bus.tellOf(this.#capability, { _tag: "ProcessAttached", id: process.id })
      return { info: process.info, inputs: view.inputs, outputs: view.outputs }
    })
  }

  /** Puts a standard stream of the host itself on a channel. */
  openHostStream(
    channel: Channel,
    fd: HostFd
  ): Effect.Effect<void, InvalidArgument | LimitExceeded | PermissionDenied | Io> {
    const opening = Effect.try({
      try: () => this.#worker.hostStdio.open(fd, this.#frames(channel)),
      catch: (cause) =>
        new Io({ operation: fd === 0 ? "read" : "write", stream: streamName(fd), errno: errnoOf(cause) })
    })
    return Effect.fromResult(authorizeHostStream(this.#capability.grant, fd)).pipe(
      Effect.tapError(({ rule, code }) =>
        Effect.sync(() =>
          this.#worker.bus.tellOf(this.#capability, {
            _tag: "PermissionDenied",
            operation: "openHostStream",
            rule,
            code,
            target: streamName(fd)
          })
        )
      ),
      Effect.andThen(this.checkFree([channel])),
      Effect.andThen(opening),
      Effect.flatMap((stream) =>
        stream === undefined
          ? Effect.fail(hostStdinTaken)
          : Effect.sync(() => {
              this.#hostStreams.set(channel, stream)
              this.#worker.bus.tellOf(this.#capability, { _tag: "HostStreamOpened", fd })
            })
      )
    )
  }

  /** Forgets a channel whose process has not been started. */
  drop(channel: Channel): void {
    this.#attached.delete(channel)
  }

  /** The release of the channel will not end its process. */
  detach(channel: Channel): Effect.Effect<void> {
    return Effect.sync(() => {
      const attached = this.#attached.get(channel)
      if (attached !== undefined) attached.endsProcess = false
    })
  }

  /** Forgets a channel, and ends its process if it is the channel's. Answers whether `Closed` is still to come. */
  release(channel: Channel): Effect.Effect<boolean> {
    return Effect.promise(async () => {
      this.#releaseHostStream(channel)
      const attached = this.#attached.get(channel)
      if (attached === undefined) return false
      const { process, view } = attached
      if (attached.endsProcess) {
        view.abandon()
        await process.end("client", { withinMs: Infinity })
        process.closeOutputs()
      }
      this.#forget(channel, attached)
      process.closeView(view)
      return attached.endsProcess
    })
  }

  /** By now it may be another's. */
  #forget(channel: Channel, attached: Attached): void {
    if (this.#attached.get(channel) === attached) this.#attached.delete(channel)
  }

  #releaseHostStream(channel: Channel): void {
    this.#hostStreams.get(channel)?.close()
    this.#hostStreams.delete(channel)
  }

  receive(frame: ClientFrame): void {
    const view = this.#attached.get(frame.channel)?.view ?? this.#hostStreams.get(frame.channel)
    // Frames for a channel that has just been released may still be under way.
    if (view === undefined) return
    switch (frame._tag) {
      case "Credit":
        return view.output(frame.fd)?.grant(frame.bytes)
      case "Drain":
        return view.output(frame.fd)?.drain()
      case "Input":
        if (view.input(frame.fd)?.write(frame.bytes) === false) this.#onBreach()
        return
      case "InputEnd":
        return view.input(frame.fd)?.end()
    }
  }

  /** Says why on each channel, and closes the data port. */
  close(error: InvalidToken | BrokerUnavailable): void {
    const encoded = encodeError(error)
    for (const [channel, { process, view }] of this.#attached) {
      this.#data.post({ _tag: "Lost", channel, error: encoded })
      process.closeView(view)
    }
    for (const [channel, stream] of this.#hostStreams) {
      this.#data.post({ _tag: "Lost", channel, error: encoded })
      stream.close()
    }
    this.#data.close()
    this.#closed = error
    this.#attached.clear()
    this.#hostStreams.clear()
  }

  #view(process: Process, channel: Channel, options: Looking, mayWrite: boolean): View {
    return process.view({
      ...options,
      mayWrite,
      frame: this.#frames(channel),
      over: () => this.#attached.delete(channel)
    })
  }

  #frames(channel: Channel): (frame: ProcessFrame) => void {
    return (frame) => this.#data.post({ ...frame, channel } as BrokerFrameEncoded)
  }

  /** A process that is about to start becomes the channel's own. */
  put(channel: Channel, process: Process): void {
    const { windowBytes, unread } = process.spec
    const view = this.#view(process, channel, { windowBytes, unread, replay: true }, true)
    this.#attached.set(channel, { process, view, endsProcess: true })
  }

  /** Succeeds where none of them is in use, and there is room for all. */
  checkFree(channels: ReadonlyArray<Channel>): Effect.Effect<void, InvalidArgument | LimitExceeded> {
    const taken = channels.find((channel) => this.#attached.has(channel) || this.#hostStreams.has(channel))
    if (taken !== undefined) {
      return Effect.fail(new InvalidArgument({ argument: "channel", problem: `${taken} is in use` }))
    }
    return this.#attached.size + this.#hostStreams.size + channels.length <= MAX_CHANNELS
      ? Effect.void
      : Effect.fail(new LimitExceeded({ limit: "channels", maximum: MAX_CHANNELS }))
  }
}

const hostStdinTaken = new InvalidArgument({
  argument: "stdin",
  problem: "another client reads the host's stdin; it has one reader at a time, until that one disconnects"
})

/** The places from which streams go on. None is one that its stream has not come to yet. */
const placesOf = (
  { streams }: Process,
  from: Partial<StreamOffsets> = {}
): Result.Result<ReadonlyMap<Fd, number>, InvalidArgument> => {
  const places = new Map<Fd, number>()
  for (const [fd, offset] of [
    [1, from.stdout],
    [2, from.stderr]
  ] as const) {
    const total = streams?.outputs.get(fd)?.totalBytes ?? 0
    if (offset === undefined) continue
    if (offset > total) {
      const problem = `${offset} is beyond its end: ${total} bytes have come so far; was it another process?`
      return Result.fail(new InvalidArgument({ argument: `from.${streamName(fd)}`, problem }))
    }
    places.set(fd, offset)
  }
  return Result.succeed(places)
}

const encodeError = Schema.encodeSync(ProcessError)
