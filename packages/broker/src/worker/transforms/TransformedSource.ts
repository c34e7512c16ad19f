/**
 * What comes out of a transform, in the place of what comes out of a child.
 *
 * One step is under way at a time. What comes meanwhile is collected for the next, so that a busy stream goes in large steps and
 * a slow one at once. While nobody takes what was made there is no step, and while there is too much for the next one the child
 * is not read: so a slow reader stops the child, as he does without a transform.
 */
import { TransformFailed } from "@spawnbroker/protocol"
import type { Redact } from "../access/redact.ts"
import { IdleGrace } from "../output/IdleGrace.ts"
import type { ByteSource, SourceListener } from "../spawn/Spawner.ts"
import { SeatEnded } from "./Seat.ts"
import type { Stepped, Stepper } from "./Stepper.ts"

/** Bytes of one step at most. Higher: fewer steps. Lower: less memory, and less that a slow reader does not see yet. */
const ROOM_BYTES = 512 * 1024

/** When the child is not read for now. What is read at a time still has room above it. */
const FULL_BYTES = 256 * 1024

/** What is handed on at a time. */
const PIECE_BYTES = 256 * 1024

export interface TransformContext {
  readonly transform: string
  readonly stream: string
  readonly redact: Redact
  /** It has failed: whoever reads is told. What the child still puts out is thrown away. */
  readonly failed: () => void
}

export class TransformedSource implements ByteSource {
  readonly #source: ByteSource
  readonly #context: TransformContext
  readonly #stepper: Stepper
  readonly #grace = new IdleGrace(
    () => (this.#sourcePaused || this.#sourceEnded ? undefined : this.rawBytes),
    () => this.#silent()
  )
  #listener: SourceListener | undefined
  #room: Uint8Array<ArrayBuffer> | undefined
  #length = 0
  /** What did not fit into the room. */
  #over: Array<Uint8Array> = []
  #made: Array<Uint8Array> = []
  #isStepping = false
  #hasMore = false
  #isPaused = false
  #sourcePaused = false
  #sourceEnded = false
  #lastStepDone = false
  #isOver = false
  #processExited = false
  /** Bytes that came out of the child. */
  rawBytes = 0

  constructor(source: ByteSource, open: () => Stepper, context: TransformContext) {
    this.#source = source
    this.#stepper = open()
    this.#context = context
  }

  start(listener: SourceListener): void {
    this.#listener = listener
    this.#source.start({ data: (bytes) => this.#take(bytes), end: () => this.#end() })
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#go()
  }

  destroy(): void {
    this.#source.destroy()
    this.#sourceEnded = true
    this.#grace.clear()
    this.#close()
  }

  /** The child's own end may never come; then that of the transform must. */
  processExited(): void {
    this.#processExited = true
    this.#grace.arm()
  }

  #take(bytes: Uint8Array): void {
    this.rawBytes += bytes.byteLength
    if (this.#processExited) this.#grace.arm()
    if (this.#isOver) return
    this.#keep(bytes)
    if (this.#waitingBytes >= FULL_BYTES && !this.#sourcePaused) {
      this.#sourcePaused = true
      this.#source.pause()
    }
    this.#go()
  }

  #keep(bytes: Uint8Array): void {
    this.#room ??= takeRoom()
    const fitting = this.#over.length > 0 ? 0 : Math.min(bytes.byteLength, ROOM_BYTES - this.#length)
    this.#room.set(bytes.subarray(0, fitting), this.#length)
    this.#length += fitting
    if (fitting < bytes.byteLength) this.#over.push(bytes.slice(fitting))
  }

  get #waitingBytes(): number {
    return this.#length + this.#over.reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  #end(): void {
    this.#sourceEnded = true
    this.#grace.clear()
    this.#go()
  }

  #silent(): void {
    this.#source.destroy()
    this.#end()
  }

  /** Hands on what was made, and then makes more. */
  #go(): void {
    this.#deliver()
    if (this.#isOver || this.#isStepping || this.#isPaused || this.#made.length > 0) return
    if (this.#lastStepDone) return this.#finish(undefined)
    if (this.#hasMore || this.#length > 0 || this.#sourceEnded) void this.#step()
  }

  #deliver(): void {
    while (this.#made.length > 0 && !this.#isPaused && !this.#isOver) {
      const piece = this.#made.shift()!
      if (piece.byteLength > PIECE_BYTES) this.#made.unshift(piece.subarray(PIECE_BYTES))
      this.#listener!.data(piece.subarray(0, PIECE_BYTES))
    }
  }

  async #step(): Promise<void> {
    this.#isStepping = true
    // What has come is for the step after the one in which everything that came before is made.
    const length = this.#hasMore ? 0 : this.#length
    const isLast = this.#sourceEnded && length === this.#length && this.#over.length === 0
    const room = length === 0 ? new Uint8Array(0) : this.#room!
    if (length > 0) this.#empty()
    let stepped: Stepped | undefined
    let failure: TransformFailed | undefined
    try {
      stepped = await this.#stepper.step({ room, length, isLast })
    } catch (cause) {
      failure = this.#failed(cause)
    }
    this.#isStepping = false
    if (this.#isOver) return this.#stepper.close()
    if (stepped !== undefined) {
      if (stepped.room.byteLength === ROOM_BYTES) giveRoom(stepped.room)
      this.#made.push(...stepped.results)
      this.#hasMore = stepped.hasMore
      this.#lastStepDone = isLast && !stepped.hasMore
      if (stepped.failure !== undefined) failure = this.#failure(stepped.failure.reason, stepped.failure.problem)
    }
    if (failure === undefined) return this.#go()
    // What was made before it failed is made, whoever waits for it.
    this.#isPaused = false
    this.#deliver()
    this.#finish(failure)
  }

  /** The child may be read again: what it has put out is on its way. */
  #empty(): void {
    this.#room = undefined
    this.#length = 0
    for (const bytes of this.#over.splice(0)) this.#keep(bytes)
    if (!this.#sourcePaused || this.#waitingBytes >= FULL_BYTES) return
    this.#sourcePaused = false
    this.#source.resume()
    if (this.#processExited) this.#grace.arm()
  }

  #finish(failure: TransformFailed | undefined): void {
    if (this.#isOver) return
    const listener = this.#listener!
    this.#close()
    listener.end(failure)
    if (failure === undefined) return
    // The child goes on, unless it is to be ended for this, and must not wait for a reader that there will never be.
    if (this.#sourcePaused) this.#source.resume()
    this.#sourcePaused = false
    if (this.#processExited) this.#grace.arm()
    this.#context.failed()
  }

  #close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#made = []
    this.#over = []
    this.#room = undefined
    // One that is stepping is closed when it has.
    if (!this.#isStepping) this.#stepper.close()
  }

  #failed(cause: unknown): TransformFailed {
    if (cause instanceof SeatEnded) return this.#failure(cause.reason, cause.message)
    return this.#failure("lost", String(cause))
  }

  #failure(reason: TransformFailed["reason"], problem: string): TransformFailed {
    const { transform, stream, redact } = this.#context
    return new TransformFailed({ transform, stream, reason, problem: redact(problem) })
  }
}

/** Rooms that have come back, for whoever needs one next. */
const spares: Array<Uint8Array<ArrayBuffer>> = []
const MAX_SPARES = 8

const takeRoom = (): Uint8Array<ArrayBuffer> =>
  spares.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(ROOM_BYTES).buffer as ArrayBuffer)

const giveRoom = (room: Uint8Array<ArrayBuffer>): void => {
  if (spares.length < MAX_SPARES) spares.push(room)
}
