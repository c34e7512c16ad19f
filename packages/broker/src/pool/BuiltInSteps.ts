import type { PoolAnswer, PoolRequest } from "../link/pool-messages.ts"
import type { BuiltInTransform, MakeBuiltIn } from "./BuiltInTransform.ts"
import { digest } from "./built-in/digest.ts"
import { gunzip } from "./built-in/gunzip.ts"
import { lines } from "./built-in/lines.ts"
import { ndjson } from "./built-in/ndjson.ts"
import { stripAnsi } from "./built-in/strip-ansi.ts"
import { failureOf } from "./failure-of.ts"
import { joined } from "./joined.ts"

type Step = Extract<PoolRequest, { readonly _tag: "Step" }>

const makers: ReadonlyMap<string, MakeBuiltIn> = new Map(
  Object.entries({ digest, gunzip, lines, ndjson, stripAnsi } satisfies Record<string, MakeBuiltIn>)
)

interface Open {
  readonly transform: BuiltInTransform
  readonly made: Array<Uint8Array<ArrayBuffer>>
  hasEnded: boolean
}

/** The transforms of this thread that are built in, each with its state, by the number of its stream. */
export class BuiltInSteps {
  readonly #open = new Map<number, Open>()

  async step({ stream, builtIn, options, input }: Step): Promise<PoolAnswer> {
    const open = this.#open.get(stream) ?? this.#begin(stream, builtIn, options)
    const { transform, made } = open
    const { room, length, isLast } = input
    let failure
    let hasMore = false
    try {
      if (length > 0 || transform.hasMore !== undefined) await transform.step(room.subarray(0, length))
      hasMore = transform.hasMore?.() ?? false
      if (isLast && !hasMore && !open.hasEnded) {
        open.hasEnded = true
        await transform.end()
        hasMore = transform.hasMore?.() ?? false
      }
    } catch (cause) {
      failure = failureOf(cause)
      hasMore = false
    }
    const results = joined(made.splice(0))
    if (failure !== undefined || (isLast && !hasMore)) this.forget(stream)
    return { _tag: "Stepped", results, hasMore, state: undefined, failure, room }
  }

  forget(stream: number): void {
    this.#open.get(stream)?.transform.close?.()
    this.#open.delete(stream)
  }

  #begin(stream: number, name: string, options: unknown): Open {
    const made: Open["made"] = []
    const transform = makers.get(name)!((bytes) => made.push(bytes), options)
    const open = { transform, made, hasEnded: false }
    this.#open.set(stream, open)
    return open
  }
}
