import type { Channel, Fd, Pid, ProcessId, ProcessInfo } from "@spawnbroker/protocol"
import { streamName } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ProcessChannel } from "../connection/ProcessChannel.ts"
import type { Session } from "../connection/connect-session.ts"
import type { ProcessMessages } from "../messages/ProcessMessages.ts"
import { kill } from "../operations/kill.ts"
import { stop } from "../operations/stop.ts"
import { decodeStream, type InvalidUtf8 } from "./decode-text.ts"
import type { ProcessHandle } from "./ProcessHandle.ts"
import { DEFAULT_READ_BYTES, readLine, readSome } from "./read.ts"
import type { ChunkMemory } from "./Incoming.ts"
import { notPiped } from "./Reader.ts"
import { decodeResults } from "../transforms/decode-results.ts"
import { readBytes } from "./read-stream.ts"

/** Of what a handle is made. */
export interface HandleParts {
  readonly session: Session
  readonly channel: Channel
  readonly info: ProcessInfo
  readonly process: ProcessChannel
  readonly invalidUtf8: InvalidUtf8
  readonly chunks: ChunkMemory
  readonly messages: () => ProcessMessages<any, any>
}

/**
 * A handle whose members are made when somebody asks for them. Most of them nobody asks for, and to make them all, with the
 * errors for streams that are not piped, was an eighth of what a spawn costs the thread of its client.
 *
 * None needs its `this`: whoever takes one out of the handle can call it by itself.
 */
export class LazyHandle implements ProcessHandle, ProcessMessages<any, any> {
  readonly id: ProcessId
  readonly pid: Pid
  readonly info: ProcessInfo
  readonly #parts: HandleParts
  #messages: ProcessMessages<any, any> | undefined

  constructor(parts: HandleParts) {
    this.#parts = parts
    this.id = parts.info.id
    // It has started.
    this.pid = parts.info.pid!
    this.info = parts.info
  }

  get stdout(): ProcessHandle["stdout"] {
    return this.getOutputFd(1)
  }

  get stderr(): ProcessHandle["stderr"] {
    return this.getOutputFd(2)
  }

  get all(): ProcessHandle["all"] {
    return readBytes("all", this.#parts.process.standardOutputs, this.#parts.chunks)
  }

  get stdoutLines(): ProcessHandle["stdoutLines"] {
    return Stream.splitLines(decodeStream(this.stdout, "stdout", this.#parts.invalidUtf8))
  }

  get stderrLines(): ProcessHandle["stderrLines"] {
    return Stream.splitLines(decodeStream(this.stderr, "stderr", this.#parts.invalidUtf8))
  }

  get results(): ProcessHandle["results"] {
    const { process } = this.#parts
    return (transform, stream = "stdout") => {
      const incoming = process.output(stream === "stdout" ? 1 : 2)
      return decodeResults(readBytes(stream, incoming === undefined ? [] : [incoming], "borrowed"), transform)
    }
  }

  get read(): ProcessHandle["read"] {
    const { process } = this.#parts
    return (maxBytes = DEFAULT_READ_BYTES) => readSome("stdout", process.output(1), maxBytes)
  }

  get readError(): ProcessHandle["readError"] {
    const { process } = this.#parts
    return (maxBytes = DEFAULT_READ_BYTES) => readSome("stderr", process.output(2), maxBytes)
  }

  get readLine(): ProcessHandle["readLine"] {
    const { process, invalidUtf8 } = this.#parts
    return readLine("stdout", process.output(1), invalidUtf8)
  }

  get stdin(): ProcessHandle["stdin"] {
    return this.getInputFd(0)
  }

  get write(): ProcessHandle["write"] {
    const { writeFd } = this
    return (data) => writeFd(0, data)
  }

  get closeStdin(): ProcessHandle["closeStdin"] {
    return this.closeFd(0)
  }

  get getInputFd(): ProcessHandle["getInputFd"] {
    const { writeFd, closeFd } = this
    return (fd) =>
      Sink.forEach((data: Uint8Array | string) => writeFd(fd, data)).pipe(Sink.mapEffect(() => closeFd(fd)))
  }

  get getOutputFd(): ProcessHandle["getOutputFd"] {
    const { process, chunks } = this.#parts
    return (fd) => {
      const incoming = process.output(fd)
      return readBytes(streamName(fd), incoming === undefined ? [] : [incoming], chunks)
    }
  }

  get writeFd(): ProcessHandle["writeFd"] {
    const { id } = this
    const { process } = this.#parts
    return (fd, data) =>
      process.input(fd)?.write(id, typeof data === "string" ? encoder.encode(data) : data) ?? failNotPiped(fd)
  }

  get closeFd(): ProcessHandle["closeFd"] {
    const { process } = this.#parts
    return (fd) => process.input(fd)?.end ?? failNotPiped(fd)
  }

  get lifecycle(): ProcessHandle["lifecycle"] {
    return this.#parts.process.lifecycle.stream
  }

  get exit(): ProcessHandle["exit"] {
    return this.#parts.process.exit
  }

  get status(): ProcessHandle["status"] {
    return this.#parts.session.call.status({ id: this.id })
  }

  get kill(): ProcessHandle["kill"] {
    const { id } = this
    const { session } = this.#parts
    return (options) => kill(session, { id }, options)
  }

  get stop(): ProcessHandle["stop"] {
    const { id } = this
    const { session, process } = this.#parts
    return (options) =>
      Effect.suspend(() =>
        process.lifecycle.hasExited
          ? process.exit
          : // Whoever waits for the end does not wait for readers; and the process, when it is told to, must be able to.
            Effect.map(
              Effect.all([process.exit, stop(session, { id }, options)], { concurrency: "unbounded" }),
              ([exit]) => exit
            )
      )
  }

  get offsets(): ProcessHandle["offsets"] {
    const { process } = this.#parts
    return Effect.sync(() => process.offsets)
  }

  get gone(): ProcessHandle["gone"] {
    return this.#parts.process.gone
  }

  get detach(): ProcessHandle["detach"] {
    const { session, channel, process } = this.#parts
    return Effect.tap(session.call.detach({ channel }), () => Effect.sync(() => (process.isBound = false)))
  }

  get unref(): ProcessHandle["unref"] {
    const { hold } = this.#parts.process
    return Effect.sync(() => hold.reference(false))
  }

  get ref(): ProcessHandle["ref"] {
    const { hold } = this.#parts.process
    return Effect.sync(() => hold.reference(true))
  }

  get messages(): ProcessMessages<any, any>["messages"] {
    return this.#channelOfMessages.messages
  }

  get send(): ProcessMessages<any, any>["send"] {
    return this.#channelOfMessages.send
  }

  get disconnect(): ProcessMessages<any, any>["disconnect"] {
    return this.#channelOfMessages.disconnect
  }

  /** One for all, since it knows what it has read of a line. */
  get #channelOfMessages(): ProcessMessages<any, any> {
    return (this.#messages ??= this.#parts.messages())
  }
}

const failNotPiped = (fd: Fd) => Effect.fail(notPiped(streamName(fd)))

const encoder = new TextEncoder()
