import type { Socket } from "node:net"
import type { ByteSource, SourceListener } from "./Spawner.ts"
import { sourceOf } from "./streams.ts"

/**
 * One buffer into which every stream is read, since its listener takes at once what it wants of it. 256 KiB is more than a
 * pipe or a UNIX socket holds, so a read empties it; a smaller one costs more reads. A fresh buffer for each read costs
 * three times as much as the read itself.
 */
const scratch = Buffer.allocUnsafeSlow(256 * 1024)

/** Through which so much has come, from that more is to be expected. Lower: more of those are widened who have nothing more to say. */
const MUCH_BYTES = 1024 * 1024

/** Reads a socket, or a pipe, into memory that is there already. Many live at a time, so it is its own source. */
export class ScratchReader implements ByteSource {
  #data: ((bytes: Uint8Array) => void) | undefined
  #source: ByteSource | undefined
  #busy: (() => void) | undefined
  #bytes = 0

  /** `busy` is called once, when {@link MUCH_BYTES} have come. */
  constructor(busy?: () => void) {
    this.#busy = busy
  }

  /** For the options of the socket. */
  readonly onread = {
    buffer: scratch,
    callback: (length: number): boolean => {
      this.#data?.(scratch.subarray(0, length))
      if (this.#busy !== undefined) this.#count(length)
      return true
    }
  }

  /** The socket that was made with `onread`, as a source. */
  sourceOf(socket: Socket): ByteSource {
    // It reads from the moment when it is open, also while nobody listens yet.
    socket.pause()
    this.#source = sourceOf(socket)
    return this
  }

  #count(length: number): void {
    this.#bytes += length
    if (this.#bytes < MUCH_BYTES) return
    this.#busy!()
    this.#busy = undefined
  }

  start(listener: SourceListener): void {
    this.#data = listener.data
    this.#source?.start(listener)
    this.#source?.resume()
  }

  pause(): void {
    this.#source?.pause()
  }

  resume(): void {
    this.#source?.resume()
  }

  destroy(): void {
    this.#source?.destroy()
  }
}
