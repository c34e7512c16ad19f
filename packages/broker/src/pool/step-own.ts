import { deserialize, serialize } from "node:v8"
import type { PoolAnswer, PoolRequest, StepFailure } from "../link/pool-messages.ts"
import type { TransformModule } from "../link/TransformModule.ts"
import { BloatError, failureOf, InputError } from "./failure-of.ts"
import { joined } from "./joined.ts"
import { linesOf, RecordSplitter } from "./RecordSplitter.ts"

type OwnStep = Extract<PoolRequest, { readonly _tag: "OwnStep" }>

/** What one step may answer, and what may be kept between steps. Higher: a module that bloats costs the broker more first. */
const MAX_RESULT_BYTES = 8 * 1024 * 1024
const MAX_STATE_BYTES = 1024 * 1024

/** What is kept between two steps. */
interface Kept {
  readonly state: unknown
  readonly begun: Uint8Array
  readonly count: number
}

/** A step of one of the host's own, as far as it comes. */
export const stepOwn = async ({ module, options, state, input }: OwnStep): Promise<PoolAnswer> => {
  const { room, length, isLast } = input
  const made = new Made()
  let failure: StepFailure | undefined
  let next: Uint8Array<ArrayBuffer> | undefined
  try {
    const transform = await load(module)
    const kept = state === undefined ? begin(transform, options) : (deserialize(state) as Kept)
    const after = advance(transform, kept, room.subarray(0, length), isLast, made)
    if (!isLast) next = toBytes(after)
  } catch (cause) {
    failure = failureOf(cause)
  }
  return { _tag: "Stepped", results: joined(made.pieces), hasMore: false, state: next, failure, room }
}

const load = async (module: string): Promise<TransformModule<unknown>> => {
  const loaded = (await import(module).catch(notLoaded)) as { readonly default?: Partial<TransformModule<unknown>> }
  if (typeof loaded.default?.step !== "function") {
    throw new Error("its module has no default export with a function `step`")
  }
  return loaded.default as TransformModule<unknown>
}

/** Where it is on the host's disk is nothing for clients. */
const notLoaded = (cause: unknown): never => {
  const code = (cause as { readonly code?: unknown } | null)?.code
  throw new Error(`its module cannot be loaded (${typeof code === "string" ? code : "it breaks"})`)
}

const begin = (transform: TransformModule<unknown>, options: OwnStep["options"]): Kept => ({
  state: transform.start?.(options),
  begun: new Uint8Array(0),
  count: 0
})

const advance = (
  transform: TransformModule<unknown>,
  { state: before, begun, count: counted }: Kept,
  bytes: Uint8Array,
  isLast: boolean,
  made: Made
): Kept => {
  const emit = (value: unknown): void => made.add(value)
  const splitter = new RecordSplitter(begun)
  let state = before
  let count = counted
  const take = (input: unknown): void => void (state = transform.step(state, input as never, emit))
  const takeLines = (whole: Buffer): void => {
    for (const line of linesOf(whole.toString())) take(transform.input === "json" ? parse(line, ++count) : line)
  }
  if (transform.input === undefined || transform.input === "bytes") {
    if (bytes.byteLength > 0) take(bytes)
  } else {
    takeLines(splitter.push(bytes))
    if (isLast) takeLines(splitter.end())
  }
  if (isLast) transform.end?.(state, emit)
  return { state, begun: splitter.begun, count }
}

const parse = (line: string, number: number): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    throw new InputError(`line ${number} is not JSON`)
  }
}

const toBytes = (kept: Kept): Uint8Array<ArrayBuffer> => {
  const bytes = serialize(kept)
  if (bytes.byteLength <= MAX_STATE_BYTES + kept.begun.byteLength) return Uint8Array.from(bytes)
  throw new BloatError(`it keeps a state of more than ${MAX_STATE_BYTES} bytes`)
}

/** What a step has made. */
class Made {
  readonly pieces: Array<Uint8Array<ArrayBuffer>> = []
  #bytes = 0

  add(value: unknown): void {
    const piece = value instanceof Uint8Array ? value : Buffer.from(textOf(value))
    this.#bytes += piece.byteLength
    if (this.#bytes > MAX_RESULT_BYTES) {
      throw new BloatError(`one step of it has made more than ${MAX_RESULT_BYTES} bytes`)
    }
    this.pieces.push(Uint8Array.from(piece))
  }
}

const textOf = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new Error("it has emitted something that is neither bytes nor JSON")
  return `${text}\n`
}
