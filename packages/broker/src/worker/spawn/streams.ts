import { readSync } from "node:fs"
import type { Socket } from "node:net"
import type { Readable, Writable } from "node:stream"
import { errnoOf } from "../../child/start-child.ts"
import type { Fd } from "@spawnbroker/protocol"
import type { ByteSink, ByteSource, SourceListener, Spawned, SpawnRequest } from "./Spawner.ts"

/** A Node stream as a source. */
export const sourceOf = (stream: Readable): ByteSource => new StreamSource(stream)

/** Many live at a time, so their members are those of a class. */
class StreamSource implements ByteSource {
  readonly #stream: Readable
  #onEnd: (() => void) | undefined
  #isEnded = false

  constructor(stream: Readable) {
    this.#stream = stream
    // A pipe that breaks has ended; what was read before is kept.
    stream.on("error", this.#end)
  }

  start(listener: SourceListener): void {
    this.#onEnd = listener.end
    this.#stream.on("data", listener.data)
    this.#stream.on("end", this.#end)
    this.#stream.on("close", this.#end)
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  destroy(): void {
    this.#isEnded = true
    this.#stream.destroy()
  }

  readonly #end = (): void => {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#onEnd?.()
  }
}

/** A Node stream as a sink. */
export const sinkOf = (stream: Writable): ByteSink => new StreamSink(stream)

class StreamSink implements ByteSink {
  readonly #stream: Writable
  #onClosed: ((errno: string | undefined) => void) | undefined
  #isClosed = false

  constructor(stream: Writable) {
    this.#stream = stream
    // Registered before anything is written: an EPIPE that nobody listens for would end the whole thread.
    stream.on("error", (cause) => this.#close(brokenPipe(errnoOf(cause))))
    stream.on("close", () => this.#close(undefined))
  }

  write(chunk: Uint8Array, written: () => void): void {
    this.#stream.write(chunk, (cause) => cause ?? written())
  }

  end(): void {
    this.#stream.end()
  }

  onClosed(listener: (errno: string | undefined) => void): void {
    this.#onClosed = listener
  }

  destroy(): void {
    this.#stream.destroy()
  }

  #close(errno: string | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClosed?.(errno)
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
      start: (listener) => {
        data = listener.data
        source.start(listener)
      },
      pause: () => source.pause(),
      resume: () => source.resume(),
      destroy: () => source.destroy()
    },
    sink: {
      end: () => sink.end(),
      onClosed: (listener) => sink.onClosed(listener),
      // Node tells the writer first, and destroys the socket then.
      write: (chunk, written) => void socket.write(chunk, (cause) => (cause ? rescue() : written())),
      // What is still to be read outlives the sink.
      destroy: () => sink.end()
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
