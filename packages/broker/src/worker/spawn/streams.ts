import type { Readable, Writable } from "node:stream"
import { errnoOf } from "../../child/start-child.ts"
import type { ByteSink, ByteSource } from "./Spawner.ts"

/** A Node stream as a source. Its chunks have buffers of their own already, so they are passed on as they are. */
export const sourceOf = (stream: Readable): ByteSource => {
  let onEnd = (): void => {}
  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    onEnd()
  }
  // A pipe that breaks has ended; what was read before is kept.
  stream.on("error", end)
  return {
    start: (listener) => {
      onEnd = listener.end
      stream.on("data", listener.data)
      stream.on("end", end)
      stream.on("close", end)
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    destroy: () => {
      ended = true
      stream.destroy()
    }
  }
}

/** A Node stream as a sink. */
export const sinkOf = (stream: Writable): ByteSink => {
  let closed = false
  let onClosed = (_errno: string | undefined): void => {}
  const close = (errno: string | undefined): void => {
    if (closed) return
    closed = true
    onClosed(errno)
  }
  // Registered before anything is written: an EPIPE that nobody listens for would end the whole thread.
  stream.on("error", (cause) => close(brokenPipe(errnoOf(cause))))
  stream.on("close", () => close(undefined))
  return {
    write: (chunk, written) => void stream.write(chunk, (cause) => cause ?? written()),
    end: () => void stream.end(),
    onClosed: (listener) => void (onClosed = listener),
    destroy: () => void stream.destroy()
  }
}

/** A Node stream as a sink, where it is a source, too: what is still to be read outlives the sink. */
export const sinkBeside = (stream: Writable): ByteSink => {
  const sink = sinkOf(stream)
  return { ...sink, destroy: sink.end }
}

/** A reader that left with bytes unread gives ECONNRESET on a socket, and EPIPE on a pipe; both say the same. */
const brokenPipe = (errno: string): string =>
  errno === "ECONNRESET" || errno === "ERR_STREAM_DESTROYED" ? "EPIPE" : errno
