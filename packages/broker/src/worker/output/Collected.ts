import { copyBytes } from "@spawnbroker/protocol"

/** Room for what is collected: as much as leaves at a time. Higher: fewer messages. Lower: less memory a stream. */
export const COLLECTED_BYTES = 256 * 1024

/** Lower: fewer copies. Higher: less memory for nothing, which V8 counts, and collects garbage the sooner for. */
const NEARLY_FULL_BYTES = COLLECTED_BYTES * (3 / 4)

/** Room that is free, for whoever collects next. One for all: the few who collect at a time take turns in milliseconds. */
let spare: Uint8Array<ArrayBuffer> | undefined

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
    spare = room
    return copyBytes(room, 0, length)
  }
}

const takeRoom = (): Uint8Array<ArrayBuffer> => {
  const room = spare ?? new Uint8Array(Buffer.allocUnsafeSlow(COLLECTED_BYTES).buffer)
  spare = undefined
  return room
}
