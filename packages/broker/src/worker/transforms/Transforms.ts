/**
 * The transforms that a host has, and the threads in which they run.
 */
import {
  builtInNames,
  BuiltInOptions,
  InvalidArgument,
  LimitExceeded,
  nearestNames,
  type StreamTransforms,
  strictDecoder,
  TimedOut,
  type TransformName,
  type TransformUse
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { PoolStart, TransformStart } from "../../link/worker-start.ts"
import type { Redact } from "../access/redact.ts"
import type { ByteSource } from "../spawn/Spawner.ts"
import { Pool } from "./Pool.ts"
import { SeatEnded } from "./Seat.ts"
import { builtInStepper, ownStepper, type Stepper } from "./Stepper.ts"
import { TransformedSource } from "./TransformedSource.ts"

/** How long a step of a built-in one may take. None comes near it: it is for mistakes of ours. */
const BUILT_IN_STEP_MS = 30_000

/** Streams that may have a transform at a time. Each can cost a megabyte or two while it is busy. */
const MAX_STREAMS = 4096

export class Transforms {
  readonly #known: ReadonlyMap<TransformName, TransformStart>
  readonly #pool: Pool
  readonly #redact: Redact
  #streams = 0
  #live = 0

  constructor({ transforms, ...limits }: PoolStart, redact: Redact) {
    const builtIn = builtInNames.map((name): [TransformName, TransformStart] => [name, { builtIn: name }])
    this.#known = new Map<TransformName, TransformStart>([...builtIn, ...Object.entries(transforms)])
    this.#pool = new Pool(limits)
    this.#redact = redact
  }

  get stats(): { readonly threads: number; readonly waiting: number; readonly streams: number } {
    return { ...this.#pool.stats, streams: this.#live }
  }

  /** Whether there are transforms of those names, which take those options. */
  check(uses: StreamTransforms = {}): Result.Result<void, InvalidArgument | LimitExceeded> {
    if (Object.keys(uses).length > 0 && this.#live >= MAX_STREAMS) {
      return Result.fail(new LimitExceeded({ limit: "transforms", maximum: MAX_STREAMS }))
    }
    for (const use of Object.values(uses)) {
      const known = this.#known.get(use.name)
      if (known === undefined) return Result.fail(this.#unknown(use))
      if ("builtIn" in known) {
        const decoded = decoders[known.builtIn](use.options ?? {})
        if (Result.isFailure(decoded)) return Result.fail(decoded.failure)
      }
    }
    return Result.succeed(undefined)
  }

  /** What comes out of a transform of what comes out of a child. It must have passed `check`. */
  apply(source: ByteSource, stream: string, { name, options = {} }: TransformUse, failed: () => void): ByteSource {
    return new TransformedSource(source, () => this.#open(name, options), {
      transform: name,
      stream,
      redact: this.#redact,
      failed
    })
  }

  /**
   * Runs a task of ours (the default export of a module) in a thread that is ended at the limit, whatever it does by then.
   *
   * **Errors**: `TimedOut` at the limit; `InvalidArgument` with what it has thrown, or where it took too much memory.
   */
  runGuarded<Payload, Answer>(
    task: GuardedTask<Payload, Answer>,
    payload: Payload,
    { timeoutMs }: { readonly timeoutMs: number }
  ): Effect.Effect<Answer, TimedOut | InvalidArgument> {
    return Effect.tryPromise({
      try: () => this.#pool.do({ _tag: "Task", module: task.module, payload }, timeoutMs),
      catch: (cause) =>
        cause instanceof SeatEnded && cause.reason === "hung"
          ? new TimedOut({ operation: task.name, timeoutMs })
          : new InvalidArgument({ argument: task.name, problem: (cause as Error).message })
    }).pipe(
      Effect.flatMap((answer) => {
        if (answer._tag === "Done") return Effect.succeed(answer.result as Answer)
        const problem = answer._tag === "Failed" ? this.#redact(answer.failure.problem) : "it has no answer"
        return Effect.fail(new InvalidArgument({ argument: task.name, problem }))
      })
    )
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #open(name: TransformName, options: Readonly<Record<string, unknown>>): Stepper {
    this.#live++
    const known = this.#known.get(name)!
    const over = (): void => void this.#live--
    return "builtIn" in known
      ? builtInStepper(this.#pool, this.#streams++, known.builtIn, options, BUILT_IN_STEP_MS, over)
      : ownStepper(this.#pool, known.module, options, known.stepMs, over)
  }

  #unknown({ name }: TransformUse): InvalidArgument {
    const near = nearestNames(name, [...this.#known.keys()])
    const hint = near.length === 0 ? "" : `; did you mean ${near.join(" or ")}?`
    return new InvalidArgument({ argument: "transform", problem: `the host has none that is called ${name}${hint}` })
  }
}

/** A module of ours whose default export takes a payload. */
export interface GuardedTask<Payload, Answer> {
  /** What it is called in errors. */
  readonly name: string
  /** The URL of its file. */
  readonly module: string
  /** Only for the types. */
  readonly run?: (payload: Payload) => Answer
}

const decoders = Object.fromEntries(
  builtInNames.map((name) => [name, strictDecoder("transform.options", BuiltInOptions[name] as never)])
) as Record<(typeof builtInNames)[number], (options: unknown) => Result.Result<unknown, InvalidArgument>>
