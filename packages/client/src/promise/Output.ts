import { concatBytes, type ProcessError } from "@spawnbroker/protocol"
import type * as Stream from "effect/Stream"
import type { ProcessOutput } from "./ProcessOutput.ts"
import { Reader } from "./Reader.ts"
import { TakenBytes } from "./TakenBytes.ts"
import { toReadableStream } from "./to-readable-stream.ts"

/** An output of a process, until `stop` says that nobody is to wait for it any more. */
export class Output implements ProcessOutput {
  readonly #stream: Stream.Stream<Uint8Array, ProcessError>
  readonly #stop: AbortSignal
  readonly #decode: (bytes: Uint8Array) => string
  readonly #taken = new TakenBytes()

  constructor(
    stream: Stream.Stream<Uint8Array, ProcessError>,
    stop: AbortSignal,
    decode: (bytes: Uint8Array) => string
  ) {
    this.#stream = stream
    this.#stop = stop
    this.#decode = decode
  }

  /** Bytes that were taken from the process and not handed out: an incomplete line, the rest of a loop that was broken off. */
  get heldBytes(): number {
    return this.#taken.byteLength
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    const reader = await this.#open()
    try {
      do {
        for (let line = this.#taken.takeLine(); line !== undefined; line = this.#taken.takeLine()) {
          yield this.#decode(line)
          if (reader.turn.isOver) await reader.turn.next()
        }
      } while (await reader.fill())
      if (!this.#taken.isEmpty) yield this.#decode(concatBytes(this.#taken.takeAll()))
    } finally {
      await reader.close()
    }
  }

  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = await this.#open()
    try {
      do {
        for (let chunk = this.#taken.takeChunk(); chunk !== undefined; chunk = this.#taken.takeChunk()) yield chunk
      } while (await reader.fill())
    } finally {
      await reader.close()
    }
  }

  async text(): Promise<string> {
    const reader = await this.#open()
    try {
      while (await reader.fill());
      return this.#decode(concatBytes(this.#taken.takeAll()))
    } finally {
      await reader.close()
    }
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return toReadableStream(() => this.#open(), this.#taken)
  }

  #open(): Promise<Reader> {
    return Reader.open(this.#stream, this.#taken, this.#stop)
  }
}
