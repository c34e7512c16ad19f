import type { Fd, StreamBytes } from "@spawnbroker/protocol"
import type { StreamBudgets } from "../limits/Enforcement.ts"
import { Input } from "../input/Input.ts"
import { Output, type OutputListener } from "../output/Output.ts"
import { Replay, type ReplayPiece } from "../output/Replay.ts"
import type { ByteSource, Spawned } from "../spawn/Spawner.ts"

/** The last bytes of all outputs that are kept: for whoever attaches or asks, and for the history. */
export interface KeptBytes {
  readonly replay: number
  readonly history: number
}

/** The streams between a child and whoever looks at it, and what is kept of its output. */
export class ChildStreams implements OutputListener {
  readonly inputs: ReadonlyMap<Fd, Input>
  readonly outputs: ReadonlyMap<Fd, Output>
  readonly #replay: Replay
  /** Absent where the history keeps none of it. */
  readonly #history: Replay | undefined
  #arrivals = 0
  /** The stream that has spoken last: the only one of which anything may be collected. */
  #speaker: Output | undefined
  readonly #outputEnded: () => void

  /** `outputEnded`: one of the outputs has come to its end. `transform`: what is to be read in the place of one. */
  constructor(
    spawned: Spawned,
    kept: KeptBytes,
    budgets: StreamBudgets,
    outputEnded: () => void,
    transform: (fd: Fd, source: ByteSource) => ByteSource
  ) {
    this.#replay = new Replay(kept.replay)
    this.#history = kept.history > 0 ? new Replay(kept.history) : undefined
    this.inputs = new Map([...spawned.inputs].map(([fd, sink]) => [fd, new Input(sink, budgets.input)]))
    this.outputs = new Map(
      [...spawned.outputs].map(([fd, source]) => [
        fd,
        new Output(fd, transform(fd, budgets.output?.cut(source) ?? source), this)
      ])
    )
    this.#outputEnded = outputEnded
  }

  reads(output: Output): void {
    if (this.#speaker !== output) this.#speaker?.flush()
    this.#speaker = output
  }

  arrived(fd: Fd, chunk: Uint8Array, offset: number): number {
    const arrival = this.#arrivals++
    this.#replay.add(fd, offset, arrival, chunk)
    this.#history?.add(fd, offset, arrival, chunk)
    return arrival
  }

  ended(): void {
    this.#outputEnded()
  }

  /** What is kept of the output, up to its last byte. */
  get replay(): Replay {
    this.#speaker?.flush()
    return this.#replay
  }

  /** What the history is to have of the output. */
  get forHistory(): ReadonlyArray<ReplayPiece> {
    this.#speaker?.flush()
    return this.#history?.read(() => true) ?? []
  }

  /** Begins to read. */
  start(): void {
    for (const output of this.outputs.values()) output.start()
  }

  get bytes(): StreamBytes {
    return {
      stdin: this.inputs.get(0)?.totalBytes ?? 0,
      stdout: this.outputs.get(1)?.childBytes ?? 0,
      stderr: this.outputs.get(2)?.childBytes ?? 0
    }
  }

  /** Bytes of descriptors from 3 on, both ways. */
  get otherBytes(): number {
    let bytes = 0
    for (const [fd, input] of this.inputs) if (fd > 2) bytes += input.totalBytes
    for (const [fd, output] of this.outputs) if (fd > 2) bytes += output.totalBytes
    return bytes
  }

  /** Bytes that the child has not taken. */
  get waitingBytes(): number {
    let bytes = 0
    for (const input of this.inputs.values()) bytes += input.waitingBytes
    return bytes
  }

  /** Outputs that a client holds up. */
  get heldUp(): number {
    let count = 0
    for (const output of this.outputs.values()) if (output.isPaused) count++
    return count
  }

  get haveEnded(): boolean {
    return [...this.outputs.values()].every((output) => output.isEnded)
  }

  /** One of the outputs is held up by a client. */
  get isHeldUp(): boolean {
    return this.heldUp > 0
  }

  /** The child has exited: nobody reads its inputs, and its outputs may end without their real end. */
  processExited(waitForEof: boolean): void {
    for (const input of this.inputs.values()) input.destroy()
    if (!waitForEof) for (const output of this.outputs.values()) output.processExited()
  }

  /** End of stdin, for every writer. Answers whether we have the other end of it. */
  endStdin(): boolean {
    const stdin = this.inputs.get(0)
    stdin?.end()
    return stdin !== undefined
  }

  /** End of all input. */
  endInputs(): void {
    for (const input of this.inputs.values()) input.end()
  }

  /** Reads no more, whoever may still write. */
  closeOutputs(): void {
    for (const output of this.outputs.values()) output.destroy()
  }
}
