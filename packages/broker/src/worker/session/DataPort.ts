import { type BrokerFrameEncoded, type ClientFrame, listenTo, type Port } from "@spawnbroker/protocol"
import { decodeBatch } from "./decode-frame.ts"

/** Bytes that are collected at most before a batch leaves. Higher: fewer messages. Lower: less delay under load. */
const FLUSH_BYTES = 512 * 1024

/**
 * How long the end of a stream may wait for company. Most streams end because their process does, whose exit follows within a
 * millisecond or two: then both are one message. Higher: more of them are. Lower: whoever reads a stream of a process that goes
 * on hears of its end sooner.
 */
const END_DELAY_MS = 2

export interface DataPortListener {
  readonly frame: (frame: ClientFrame) => void
  readonly malformed: () => void
}

/**
 * The broker's end of a session's data port.
 *
 * Frames of one turn of the loop leave as one message, in order: a short command costs one message, and so do a
 * hundred that speak at the same time.
 */
export class DataPort {
  readonly #port: Port
  #batch: Array<BrokerFrameEncoded> = []
  #buffers: Array<ArrayBufferLike> = []
  #bytes = 0
  #isDue = false
  /** Runs while nothing but ends of streams has been collected. */
  #lastly: NodeJS.Timeout | undefined
  #closed = false

  constructor(port: Port, listener: DataPortListener) {
    this.#port = port
    listenTo(port, {
      message: (batch) => {
        const frames = decodeBatch(batch)
        if (frames === undefined) return listener.malformed()
        for (const frame of frames) listener.frame(frame)
      },
      messageerror: listener.malformed
    })
  }

  post(frame: BrokerFrameEncoded): void {
    if (this.#closed) return
    this.#batch.push(frame)
    if (frame._tag !== "End") this.#flushAfterTurn()
    else if (!this.#isDue) this.#lastly ??= setTimeout(() => this.flush(), END_DELAY_MS)
    if (frame._tag !== "Data") return
    this.#buffers.push(frame.bytes.buffer)
    this.#bytes += frame.bytes.byteLength
    if (this.#bytes >= FLUSH_BYTES) this.flush()
  }

  #flushAfterTurn(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.flush()
    })
  }

  /** Sends what has been collected. */
  flush(): void {
    clearTimeout(this.#lastly)
    this.#lastly = undefined
    if (this.#batch.length === 0 || this.#closed) return
    const batch = this.#batch
    const buffers = this.#buffers
    this.#batch = []
    this.#buffers = []
    this.#bytes = 0
    this.#port.postMessage(batch, buffers)
  }

  close(): void {
    this.flush()
    this.#closed = true
    this.#port.close()
  }
}
