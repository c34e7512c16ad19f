import type { OutputStream, StreamBytes } from "@spawnbroker/protocol"
import { Input } from "../input/Input.ts"
import { Output } from "../output/Output.ts"
import type { ByteSource, Spawned } from "../spawn/Spawner.ts"
import type { ProcessFrame } from "./Process.ts"

export interface StreamsOptions {
  readonly windowBytes: number
  readonly unread: "auto" | "block" | "tail"
  readonly frame: (frame: ProcessFrame) => void
  /** One of the outputs has come to its end. */
  readonly settled: () => void
}

/** The three streams of a child, as far as they are piped to its client. */
export class ChildStreams {
  readonly input: Input | undefined
  readonly #outputs = new Map<OutputStream, Output>()

  constructor({ stdin, stdout, stderr }: Spawned, options: StreamsOptions) {
    if (stdin !== undefined) {
      this.input = new Input(stdin, {
        credit: (bytes) => options.frame({ _tag: "StdinCredit", bytes }),
        closed: (errno) => options.frame({ _tag: "StdinClosed", ...(errno !== undefined && { errno }) })
      })
    }
    if (stdout !== undefined) this.#connect(1, stdout, options)
    if (stderr !== undefined) this.#connect(2, stderr, options)
  }

  output(stream: OutputStream): Output | undefined {
    return this.#outputs.get(stream)
  }

  get bytes(): StreamBytes {
    return {
      stdin: this.input?.totalBytes ?? 0,
      stdout: this.#outputs.get(1)?.totalBytes ?? 0,
      stderr: this.#outputs.get(2)?.totalBytes ?? 0
    }
  }

  get dropped(): { readonly stdout: number; readonly stderr: number } {
    return { stdout: this.#outputs.get(1)?.droppedBytes ?? 0, stderr: this.#outputs.get(2)?.droppedBytes ?? 0 }
  }

  get isSettled(): boolean {
    return [...this.#outputs.values()].every((output) => output.isSettled)
  }

  /** One of the outputs is held up by its client. */
  get isHeldUp(): boolean {
    return [...this.#outputs.values()].some((output) => output.isPaused)
  }

  /** The child has exited: nobody reads its stdin, and its outputs may end without their real end. */
  processExited(waitForEof: boolean): void {
    this.input?.destroy()
    if (!waitForEof) for (const output of this.#outputs.values()) output.processExited()
  }

  /** No client reads any more. */
  abandonOutputs(): void {
    for (const output of this.#outputs.values()) output.abandon()
  }

  /** Reads no more, whoever may still write. */
  closeOutputs(): void {
    for (const output of this.#outputs.values()) output.destroy()
  }

  #connect(stream: OutputStream, source: ByteSource, { windowBytes, unread, frame, settled }: StreamsOptions): void {
    const output = new Output(source, windowBytes, unread, {
      data: (bytes, offset) => frame({ _tag: "Data", stream, offset, bytes: bytes as Uint8Array<ArrayBuffer> }),
      dropped: () => frame({ _tag: "Dropped", stream }),
      end: () => frame({ _tag: "End", stream }),
      settled
    })
    this.#outputs.set(stream, output)
  }
}
