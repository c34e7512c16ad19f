import {
  type Channel,
  type FdDirection,
  InvalidArgument,
  type LifecycleEvent,
  type ProcessError,
  type ProcessId,
  type SpawnedProcess,
  type SpawnSpec
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { constant } from "effect/Function"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { isShell } from "../connection/DefaultShell.ts"
import type { ProcessChannel } from "../connection/ProcessChannel.ts"
import type { Session } from "../connection/connect-session.ts"
import { makeMessages, noMessages } from "../messages/make-messages.ts"
import { isIpcOption, messageCodec } from "../messages/message-codec.ts"
import type { IpcOption, ProcessMessages } from "../messages/ProcessMessages.ts"
import { checkChunks, type SpawnOptions, toSpec } from "../options.ts"
import type { Chunk } from "../process/Incoming.ts"
import { LazyHandle } from "../process/LazyHandle.ts"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import { readChunks } from "../process/read-stream.ts"
import { commandAttribute, currentTrace, withSpan } from "../trace.ts"
import { release } from "./release.ts"

/** A process, and what operations want of it that is not in its handle. */
export class Spawned {
  readonly handle: ProcessHandle & ProcessMessages<any, any>
  readonly #process: ProcessChannel

  constructor(handle: LazyHandle, process: ProcessChannel) {
    this.handle = handle
    this.#process = process
  }

  /** Both its outputs as one stream that says which is which. Its chunks are borrowed. */
  get chunks(): Stream.Stream<Chunk, ProcessError> {
    return readChunks("all", this.#process.standardOutputs, "borrowed")
  }

  /** What is known of its life by now. */
  facts(): ReadonlyArray<LifecycleEvent> {
    return this.#process.lifecycle.known
  }
}

/** A process that is to be started on a channel of its own. */
export interface Opened {
  readonly channel: Channel
  readonly spec: SpawnSpec
  /** Ends it, if it has been started, and waits for that. Nothing more is heard of it. */
  readonly release: Effect.Effect<void>
  /** It has been started. */
  readonly spawned: (process: SpawnedProcess) => Spawned
}

/** Listens for a process before it is asked for, so that nothing of it is missed. */
export const open = (
  session: Session,
  spec: SpawnSpec,
  { invalidUtf8 = "replace", chunks = "own", ipc }: SpawnOptions
): Opened => {
  const { channel, process } = session.openChannel(spec.windowBytes)
  const { inputs, outputs } = fdsOf(spec)
  process.open(inputs, outputs)
  process.holdWhileRunning()
  return {
    channel,
    spec,
    release: release(session, channel, process),
    spawned: ({ runsSince, stdinBytes, ...info }) => {
      process.isBound = true
      if (stdinBytes !== undefined) process.limitInputs(stdinBytes)
      process.lifecycle.began([
        { _tag: "Starting", at: info.startedAt },
        { _tag: "Started", at: runsSince, pid: info.pid! }
      ])
      const messages = messagesOf(info.id, process, spec, ipc)
      return new Spawned(new LazyHandle({ session, channel, info, process, invalidUtf8, chunks, messages }), process)
    }
  }
}

/**
 * Starts a process that belongs to the current scope.
 *
 * **Interruption**: at any moment, also while it is being started: nothing is left running.
 */
export const spawn = (
  session: Session,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<Spawned, ProcessError, Scope.Scope> =>
  withSpan(
    "spawnbroker.spawn",
    commandAttribute(command, options.shell !== undefined),
    spawnOwned(session, command, args, options),
    ({ handle }) => ({ "spawnbroker.process.id": handle.id, "process.pid": handle.pid })
  )

const spawnOwned = (
  session: Session,
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<Spawned, ProcessError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(session.turn)
      const opened = open(session, yield* specOf(session, command, args, options), options)
      const { channel, spec } = opened
      const process = yield* restore(session.call.spawn({ channel, spec })).pipe(Effect.onError(() => opened.release))
      yield* Effect.addFinalizer(constant(opened.release))
      return opened.spawned(process)
    })
  )

const withoutMessages = constant(noMessages)

/** The other end of the child's channel for messages, if it has one. */
const messagesOf = (
  id: ProcessId,
  process: ProcessChannel,
  { additionalFds }: SpawnSpec,
  ipc: IpcOption | undefined
): (() => ProcessMessages<any, any>) => {
  const fd = additionalFds.find(({ direction }) => direction === "ipc")?.fd
  if (ipc === undefined || fd === undefined) return withoutMessages
  return () => makeMessages(id, { incoming: process.output(fd)!, outgoing: process.input(fd)! }, messageCodec(ipc))
}

/** The specification for a command, or of the shell that reads it. */
export const specOf = (
  session: Session,
  command: string,
  args: ReadonlyArray<string>,
  all: SpawnOptions
): Effect.Effect<SpawnSpec, InvalidArgument> =>
  Effect.gen(function* () {
    const mistake = checkChunks(all.chunks)
    if (mistake !== undefined) return yield* mistake
    // How bytes are read is this end's own business.
    const { invalidUtf8: _, chunks: _chunks, shell: wanted, ipc, trace: tellsProcess, ...own } = all
    const trace = yield* currentTrace(tellsProcess)
    const same = trace === undefined ? own : { ...own, trace }
    if (ipc !== undefined && !isIpcOption(ipc)) return yield* notIpc
    const options = ipc === undefined ? same : { ...same, additionalFds: withMessages(same.additionalFds) }
    if (wanted === undefined) return yield* Effect.fromResult(toSpec(command, args, options))
    if (args.length > 0) return yield* argumentsBesideShell
    if (wanted !== true && !isShell(wanted)) return yield* notAShell
    const shell = wanted === true ? yield* session.shell.get : wanted
    return yield* Effect.fromResult(toSpec(command, [], { ...options, shell }))
  })

const argumentsBesideShell = new InvalidArgument({
  argument: "args",
  problem: "a line of shell has no arguments beside it; write them into the line, quoted, or leave out `shell`"
})

const notAShell = new InvalidArgument({
  argument: "shell",
  problem: '`true` is expected, or `{ program, args }` such as `{ program: "bash", args: ["-c"] }`'
})

/** The first descriptor that is free carries the messages. */
const withMessages = (fds: SpawnOptions["additionalFds"] = {}): Readonly<Record<number, FdDirection>> => {
  let free = 3
  while (free in fds) free++
  return { ...fds, [free]: "ipc" }
}

const notIpc = new InvalidArgument({
  argument: "ipc",
  problem: "`true` is expected, or `{ incoming, outgoing }` with a schema each"
})

/** The descriptors at which the client has the other end. */
const fdsOf = ({ stdin, stdout, stderr, additionalFds }: SpawnSpec) => {
  const standard = [stdin, stdout, stderr].flatMap((stdio, fd) => (stdio === "pipe" ? [fd] : []))
  const more = (one: "input" | "output") =>
    additionalFds.filter(({ direction }) => direction !== one).map(({ fd }) => fd)
  return {
    inputs: [...standard.filter((fd) => fd === 0), ...more("output")],
    outputs: [...standard.filter((fd) => fd > 0), ...more("input")]
  }
}
