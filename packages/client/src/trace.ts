/**
 * The calls of a client as spans, and what the broker is told of them.
 *
 * Where nobody has put a tracer into the context there is no span, and nothing is sent: the tracer that is there by default keeps
 * none. No span has arguments, directories, variables or output in it.
 */
import { bareError, type ExitStatus, InvalidArgument, type SpawnSpec, TraceContext } from "@spawnbroker/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"

type Attributes = Readonly<Record<string, unknown>>

const isTraced = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.getRef(Tracer.Tracer) !== Tracer.nativeTracer && fiber.getRef(References.TracerEnabled)

/** Makes a span of an effect. `result`: what is told of what it came to. */
export const withSpan = <A, E, R>(
  name: string,
  attributes: Attributes,
  effect: Effect.Effect<A, E, R>,
  result: (value: A) => Attributes = () => ({})
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    if (!isTraced(fiber)) return effect
    return Effect.flatMap(Effect.makeSpan(name, { kind: "client", attributes: { ...attributes } }), (span) =>
      effect.pipe(
        Effect.provideService(Tracer.ParentSpan, span),
        Effect.onExit((exit) =>
          Effect.map(Clock.currentTimeNanos, (now) => {
            if (Exit.isSuccess(exit))
              for (const [key, value] of Object.entries(result(exit.value))) span.attribute(key, value)
            span.end(now, bare(exit))
          })
        )
      )
    )
  })

/**
 * What the broker is told: the span of now, if it is traced. `wanted`: the process is told as well, and then that of a span which
 * nobody keeps, too.
 */
export const currentTrace = (wanted: boolean | undefined): Effect.Effect<SpawnSpec["trace"], InvalidArgument> =>
  Effect.withFiber((fiber) => {
    if (wanted !== undefined && typeof wanted !== "boolean") return notBoolean
    return Effect.succeed(traceOf(fiber, wanted === true))
  })

const traceOf = (fiber: Fiber.Fiber<unknown, unknown>, toProcess: boolean): SpawnSpec["trace"] => {
  if (!toProcess && !isTraced(fiber)) return undefined
  const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  if (span === undefined) return undefined
  const { traceId, spanId, sampled } = span
  const trace = { traceId: traceId.padStart(32, "0"), spanId, sampled }
  // Whoever makes spans by hand may name them as he likes.
  return isTrace(trace) ? { ...trace, toProcess } : undefined
}

const notBoolean = Effect.fail(new InvalidArgument({ argument: "trace", problem: "true or false is expected" }))

const isTrace = Schema.is(TraceContext)

/** What a command is called in spans. A line of shell is an argument as a whole. */
export const commandAttribute = (command: string, isShell: boolean): Attributes => ({
  "process.command": isShell ? "(shell)" : command
})

export const exitAttribute = ({ exit }: { readonly exit: ExitStatus }): Attributes =>
  exit._tag === "Exited" ? { "process.exit.code": exit.code } : { "process.exit.signal": exit.signal }

/** How it ended, without any words of it. */
const bare = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit)) return Exit.void
  if (Cause.hasInterruptsOnly(exit.cause)) return exit
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return Exit.fail(bareError(error instanceof Error ? error.name : "Error"))
}
