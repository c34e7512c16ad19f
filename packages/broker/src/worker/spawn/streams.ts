import { readSync } from "node:fs"
import type { Socket } from "node:net"
import type { Readable, Writable } from "node:stream"
import { errnoOf } from "../../child/start-child.ts"
import type { Fd } from "@spawnbroker/protocol"
import type { ByteSink, ByteSource, Spawned, SpawnRequest } from "./Spawner.ts"

/** A Node stream as a source. */
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

/**
 * A socket as a sink and a source at once, each with an end of its own. The socket destroys itself once both are over.
 *
 * A socket that breaks in one direction is destroyed whole by Node, and with it what the child had said before it closed its
 * end. That is taken out first.
 */
export const bothOf = (
  socket: Socket,
  source: ByteSource
): { readonly source: ByteSource; readonly sink: ByteSink } => {
  socket.allowHalfOpen = true
  let data = (_chunk: Uint8Array): void => {}
  const rescue = (): void => {
    socket.off("data", data)
    for (const chunk of restOf(socket)) data(chunk)
  }
  // Before the listener that ends the source.
  socket.prependListener("error", rescue)
  const sink = sinkOf(socket)
  return {
    source: {
      ...source,
      start: (listener) => {
        data = listener.data
        source.start(listener)
      }
    },
    sink: {
      ...sink,
      // Node tells the writer first, and destroys the socket then.
      write: (chunk, written) => void socket.write(chunk, (cause) => (cause ? rescue() : written())),
      // What is still to be read outlives the sink.
      destroy: sink.end
    }
  }
}

/** What has arrived at a socket that is broken, in Node and in the kernel, whether or not it is being read. */
function* restOf(socket: Socket): Generator<Uint8Array> {
  for (let chunk = read(socket); chunk !== null; chunk = read(socket)) yield chunk
  const fd = (socket as unknown as { readonly _handle?: { readonly fd: number } | null })._handle?.fd
  if (fd === undefined || fd < 0) return
  for (let chunk = readNow(fd); chunk.byteLength > 0; chunk = readNow(fd)) yield chunk
}

const read = (socket: Socket): Buffer | null => socket.read() as Buffer | null

/** One read(2) of what is there: nothing at the end, and where it would have to wait. */
const readNow = (fd: number): Uint8Array => {
  const buffer = new Uint8Array(RESCUE_BYTES)
  try {
    return buffer.slice(0, readSync(fd, buffer))
  } catch {
    return new Uint8Array()
  }
}

/** Bytes of one read of what is left. The kernel holds a few times that for a socket. */
const RESCUE_BYTES = 64 * 1024

/** A reader that left with bytes unread gives ECONNRESET on a socket, and EPIPE on a pipe; both say the same. */
const brokenPipe = (errno: string): string =>
  errno === "ECONNRESET" || errno === "ERR_STREAM_DESTROYED" ? "EPIPE" : errno

/** Our ends of the streams of a child, by the numbers of their descriptors. Each is asked for once. */
export interface StreamEnds {
  readonly source: (fd: Fd) => ByteSource
  readonly sink: (fd: Fd) => ByteSink
  /** Both at once. A socket destroys itself once both are over. */
  readonly both: (fd: Fd) => { readonly source: ByteSource; readonly sink: ByteSink }
}

/** The streams of a child. */
export const connectStreams = ({ stdio }: SpawnRequest, ends: StreamEnds): Pick<Spawned, "inputs" | "outputs"> => {
  const inputs = new Map<Fd, ByteSink>()
  const outputs = new Map<Fd, ByteSource>()
  for (const [fd, each] of stdio.entries()) {
    if (each === "input") inputs.set(fd, ends.sink(fd))
    if (each === "output") outputs.set(fd, ends.source(fd))
    if (each === "duplex") {
      const { sink, source } = ends.both(fd)
      inputs.set(fd, sink)
      outputs.set(fd, source)
    }
  }
  return { inputs, outputs }
}
