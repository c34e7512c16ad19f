import { copyBytes } from "@spawnbroker/protocol"

/** Room for what is collected: as much as leaves at a time. Higher: fewer messages. Lower: less memory a stream. */
export const COLLECTED_BYTES = 256 * 1024

/**
 * From here on a room leaves as it is. Lower: fewer copies. Higher: less memory for nothing, which V8 counts, and collects
 * garbage the sooner for.
 */
export const NEARLY_FULL_BYTES = COLLECTED_BYTES * (3 / 4)

/** Rooms that are free, for whoever collects next. What is given up V8 has to collect, all of the heap for each 64 MiB. */
const spares: Array<Uint8Array<ArrayBuffer>> = []

/** Rooms that are kept at most. Higher: more streams can be busy at a time. Lower: less memory of the host, 256 KiB each. */
const MAX_SPARES = 16

/**
 * Bytes of one stream that have been read and not been handed on yet, joined. While there are none it holds no memory.
 */
export class Collected {
  #room: Uint8Array<ArrayBuffer> | undefined
  #byteLength = 0

  get byteLength(): number {
    return this.#byteLength
  }

  /** There must be room for them: {@link COLLECTED_BYTES} in all. */
  add(bytes: Uint8Array): void {
    this.#room ??= takeRoom()
    this.#room.set(bytes, this.#byteLength)
    this.#byteLength += bytes.byteLength
  }

  /** All of it, in a buffer of its own: the room itself where it is nearly full, and where it is not, a copy. */
  take(): Uint8Array<ArrayBuffer> {
    const room = this.#room!
    const length = this.#byteLength
    this.#room = undefined
    this.#byteLength = 0
    // What lies behind the bytes may be another process's.
    if (length >= NEARLY_FULL_BYTES) return room.fill(0, length).subarray(0, length)
    if (spares.length < MAX_SPARES) spares.push(room)
    return copyBytes(room, 0, length)
  }
}

const takeRoom = (): Uint8Array<ArrayBuffer> =>
  spares.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(COLLECTED_BYTES).buffer)
