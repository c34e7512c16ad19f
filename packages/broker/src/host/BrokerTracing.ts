/**
 * What becomes of the calls of clients that are traced, as spans of the host: the decision, the start, the life of the process.
 *
 * They are made of the facts of the bus, after the event, so that the broker's thread has nothing to do with spans, and nobody
 * waits for any.
 */
import { bareError, type BusEvent, type TraceContext } from "@spawnbroker/protocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Broker } from "../Broker.ts"

type Attributes = Readonly<Record<string, unknown>>

/** A span that is over. Times are in milliseconds since the epoch. */
interface Past {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly attributes: Attributes
  /** Which error whoever asked was given. */
  readonly error: string | undefined
}

/**
 * Gives a span to the host's tracer for each thing that became of a traced call: `spawnbroker.authorize`, `spawnbroker.start`,
 * `spawnbroker.process`. Their parent is the span of the client, which may be in another thread, or another program.
 *
 * No argument, directory or variable is in any. What a span belongs to is the client's word.
 */
const layer: Layer.Layer<never, never, Broker> = Layer.effectDiscard(
  Effect.gen(function* () {
    const broker = yield* Broker
    const tracer = yield* Tracer.Tracer
    const record = (event: BusEvent) => Effect.sync(() => recordEvent(tracer, event))
    yield* Effect.forkScoped(Stream.runForEach(broker.events, record), { startImmediately: true })
    // Whoever is answered on the same connection comes after whoever has asked before: it listens by now.
    yield* Effect.ignore(broker.stats)
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(told(broker), LAST_FACTS)))
  })
)

export const BrokerTracing = { layer }

/** What has been told by now is answered in the turn of the loop that follows, so before a second question. */
const told = ({ stats }: Broker["Service"]) => Effect.andThen(Effect.andThen(stats, stats), Effect.yieldNow)

/** How long the end of a host waits for what its broker has told last. */
const LAST_FACTS = "5 seconds"

const recordEvent = (tracer: Tracer.Tracer, event: BusEvent): void => {
  if (!("trace" in event) || event.trace === undefined) return
  const { trace, at, subject, command } = event
  const about = { "spawnbroker.subject": subject, "process.command": command }
  const add = (name: string, from: number, to: number, more: Attributes, error?: string): void =>
    addSpan(tracer, trace, { name, from, to, attributes: { ...about, ...more }, error })
  switch (event._tag) {
    case "ProcessStarted": {
      const { rule, id, pid, startMs, authorizeMs = 0 } = event
      const decidedAt = at - startMs + authorizeMs
      add("spawnbroker.authorize", at - startMs, decidedAt, { "spawnbroker.rule": rule })
      return add("spawnbroker.start", decidedAt, at, { "spawnbroker.process.id": id, "process.pid": pid })
    }
    case "PermissionDenied": {
      const { rule, authorizeMs = 0 } = event
      return add("spawnbroker.authorize", at - authorizeMs, at, { "spawnbroker.rule": rule }, event._tag)
    }
    case "StartFailed":
      return add("spawnbroker.start", at - (event.startMs ?? 0), at, {}, event.error)
    case "ProcessExited": {
      const { id, pid, exit, killedBy, runMs = 0 } = event
      return add("spawnbroker.process", at - runMs, at, {
        "spawnbroker.process.id": id,
        "process.pid": pid,
        ...(exit._tag === "Exited" ? { "process.exit.code": exit.code } : { "process.exit.signal": exit.signal }),
        ...(killedBy !== undefined && { "spawnbroker.killed_by": killedBy })
      })
    }
  }
}

const addSpan = (tracer: Tracer.Tracer, { sampled, ...context }: TraceContext, past: Past): void => {
  const span = tracer.span({
    name: past.name,
    parent: Option.some(Tracer.externalSpan({ ...context, sampled })),
    annotations: Context.empty(),
    links: [],
    startTime: nanos(past.from),
    kind: "server",
    root: false,
    sampled
  })
  for (const [name, value] of Object.entries(past.attributes)) if (value !== undefined) span.attribute(name, value)
  span.end(nanos(past.to), past.error === undefined ? Exit.void : Exit.fail(bareError(past.error)))
}

const nanos = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n
