import { ByteQueue } from "./ByteQueue.ts"
import type { OutputName, Piece } from "./Piece.ts"
import { type Run, Runs } from "./Runs.ts"

/** Which end of a stream is kept where it is longer than what may be kept. */
export type Keep = "head" | "tail"

/** How many bytes of each stream were thrown away. */
export interface OmittedBytes {
  readonly stdout: number
  readonly stderr: number
}

export interface KeptBytes {
  readonly stdoutBytes: Uint8Array
  readonly stderrBytes: Uint8Array
  readonly allBytes: Uint8Array
  readonly omittedBytes: OmittedBytes
}

/**
 * Output as it comes: one end of each stream, up to a limit, and the order in which the streams took turns.
 *
 * Memory is bounded by the limit for each stream, and does not depend on the size of the chunks.
 */
export class KeptOutput {
  readonly #stdout: KeptStream
  readonly #stderr: KeptStream
  #speaker: OutputName = "stdout"
  #turn = 0

  constructor(maxBytes: number, keep: Keep) {
    this.#stdout = new KeptStream(maxBytes, keep)
    this.#stderr = new KeptStream(maxBytes, keep)
  }

  add({ from, bytes }: Piece): void {
    if (from !== this.#speaker) this.#turn++
    this.#speaker = from
    if (from === "stdout") this.#stdout.add(bytes, this.#turn)
    else this.#stderr.add(bytes, this.#turn)
  }

  /** What was kept. Nothing can be added after that. */
  finish(): KeptBytes {
    const stdoutBytes = this.#stdout.bytes.toBytes()
    const stderrBytes = this.#stderr.bytes.toBytes()
    return {
      stdoutBytes,
      stderrBytes,
      allBytes: this.#merge(stdoutBytes, stderrBytes),
      omittedBytes: { stdout: this.#stdout.omittedBytes, stderr: this.#stderr.omittedBytes }
    }
  }

  #merge(stdout: Uint8Array, stderr: Uint8Array): Uint8Array {
    // Nearly every process uses one of them only, and then there is nothing to copy.
    if (stderr.byteLength === 0) return stdout
    if (stdout.byteLength === 0) return stderr
    const all = new Uint8Array(stdout.byteLength + stderr.byteLength)
    const [out, err] = [this.#stdout.runs, this.#stderr.runs]
    let [fromOut, fromErr] = [0, 0]
    while (fromOut + fromErr < all.byteLength) {
      const at = fromOut + fromErr
      if (comesBefore(out.first, err.first)) {
        const { byteLength } = out.first!
        all.set(stdout.subarray(fromOut, (fromOut += byteLength)), at)
        out.drop(byteLength)
      } else {
        const { byteLength } = err.first!
        all.set(stderr.subarray(fromErr, (fromErr += byteLength)), at)
        err.drop(byteLength)
      }
    }
    return all
  }
}

const comesBefore = (a: Run | undefined, b: Run | undefined): boolean =>
  b === undefined || (a !== undefined && a.turn < b.turn)

class KeptStream {
  readonly bytes = new ByteQueue()
  readonly runs = new Runs()
  readonly #maxBytes: number
  readonly #keep: Keep
  omittedBytes = 0

  constructor(maxBytes: number, keep: Keep) {
    this.#maxBytes = maxBytes
    this.#keep = keep
  }

  add(bytes: Uint8Array, turn: number): void {
    const room = this.#keep === "head" ? this.#maxBytes - this.bytes.byteLength : this.#maxBytes
    const kept = bytes.byteLength <= room ? bytes : this.#keep === "head" ? bytes.subarray(0, room) : tail(bytes, room)
    this.omittedBytes += bytes.byteLength - kept.byteLength
    if (kept.byteLength === 0) return
    this.bytes.push(kept)
    this.runs.add(turn, kept.byteLength)
    this.#dropOldest(this.bytes.byteLength - this.#maxBytes)
  }

  #dropOldest(count: number): void {
    if (count <= 0) return
    this.omittedBytes += count
    this.bytes.drop(count)
    this.runs.drop(count)
  }
}

const tail = (bytes: Uint8Array, count: number): Uint8Array => bytes.subarray(bytes.byteLength - count)
