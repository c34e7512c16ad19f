import type { Socket } from "node:net"
import type { ByteSource } from "./Spawner.ts"
import { sourceOf } from "./streams.ts"

/**
 * One buffer into which every stream is read, since its listener takes at once what it wants of it. 256 KiB is more than a
 * pipe or a UNIX socket holds, so a read empties it; a smaller one costs more reads. A fresh buffer for each read costs
 * three times as much as the read itself.
 */
const scratch = Buffer.allocUnsafeSlow(256 * 1024)

/** Reads a socket, or a pipe, into memory that is there already. */
export class ScratchReader {
  #data = (_bytes: Uint8Array): void => {}

  /** For the options of the socket. */
  readonly onread = {
    buffer: scratch,
    callback: (length: number): boolean => {
      this.#data(scratch.subarray(0, length))
      return true
    }
  }

  /** The socket that was made with `onread`, as a source. */
  sourceOf(socket: Socket): ByteSource {
    // It reads from the moment when it is open, also while nobody listens yet.
    socket.pause()
    const source = sourceOf(socket)
    return {
      ...source,
      start: (listener) => {
        this.#data = listener.data
        source.start(listener)
        socket.resume()
      }
    }
  }
}
