/**
 * The counts of a broker as Effect metrics, for whatever exporter the host has.
 *
 * The broker's thread is asked now and then; an exporter that looks in between sees what was answered last. Nothing runs in that
 * thread for a metric.
 */
import { InvalidArgument } from "@spawnbroker/protocol"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Schedule from "effect/Schedule"
import { Broker, type BrokerMetricsSnapshot } from "../Broker.ts"
import { MetricSeries } from "./MetricSeries.ts"

export interface BrokerMetricsOptions {
  /**
   * Time between two looks. Shorter: an exporter that pushes sends younger numbers. Longer: less for the broker's thread to do,
   * which looks at each process that it knows.
   * @default "5 seconds"
   */
  readonly interval?: Duration.Input | undefined
  /**
   * Labels of all series, which tell this broker from another of the same program.
   * @default none
   */
  readonly attributes?: Readonly<Record<string, string>> | undefined
}

export interface BrokerMetricsService {
  /** Asks the broker's thread now. A thread that does not answer within five seconds leaves the metrics as they were. */
  readonly refresh: Effect.Effect<void>
  /**
   * All metrics of the program, those of the broker as of now, in the text format of Prometheus. For a server's own route; its
   * type is `text/plain; version=0.0.4; charset=utf-8`.
   */
  readonly prometheus: Effect.Effect<string>
}

/** The service and its layer under one name. */
export class BrokerMetrics extends Context.Service<BrokerMetrics, BrokerMetricsService>()(
  "@spawnbroker/broker/BrokerMetrics"
) {
  /**
   * Keeps the metrics of a broker in the registry of Effect, as long as the layer lives. Their names begin with `spawnbroker_`.
   *
   * **Errors**: `InvalidArgument` for a second broker with the same `attributes`, whose numbers would be taken for those of the
   * first.
   *
   * **Example** (what Prometheus is told)
   *
   * ```ts
   * import { Broker } from "@spawnbroker/broker"
   * import { BrokerMetrics } from "@spawnbroker/broker/observability"
   * import { Effect, Layer } from "effect"
   *
   * const program = Effect.gen(function*() {
   *   const text = yield* (yield* BrokerMetrics).prometheus
   *   text.includes("spawnbroker_starts_total{outcome=\"started\"} 0") // => true
   * })
   * const live = BrokerMetrics.layer().pipe(Layer.provide(Broker.layer()))
   * await Effect.runPromise(Effect.provide(program, live))
   * ```
   */
  static readonly layer = ({ interval = "5 seconds", attributes = {} }: BrokerMetricsOptions = {}): Layer.Layer<
    BrokerMetrics,
    InvalidArgument,
    Broker
  > =>
    Layer.effect(
      BrokerMetrics,
      Effect.gen(function* () {
        const broker = yield* Broker
        const context = Context.add(yield* Effect.context(), Metric.CurrentMetricAttributes, attributes)
        yield* claim(Context.get(context, Metric.MetricRegistry), attributes)
        const series = yield* Effect.acquireRelease(
          Effect.sync(() => new MetricSeries(context)),
          (all) => Effect.sync(() => all.remove())
        )
        const refresh = Effect.ignore(
          Effect.map(Effect.timeout(broker.metrics, PATIENCE), (metrics: BrokerMetricsSnapshot) => series.set(metrics))
        )
        yield* refresh
        yield* Effect.forkScoped(Effect.repeat(Effect.delay(refresh, interval), Schedule.forever))
        return { refresh, prometheus: Effect.andThen(refresh, PrometheusMetrics.format()) }
      })
    )
}

/** Prometheus waits for ten seconds, and has the numbers of before sooner than that. */
const PATIENCE = "5 seconds"

/** The labels under which there is a broker, of each registry. */
const claimed = new WeakMap<object, Set<string>>()

const claim = (registry: Metric.MetricRegistry, attributes: Readonly<Record<string, string>>) => {
  const taken = claimed.get(registry) ?? new Set()
  claimed.set(registry, taken)
  const labels = JSON.stringify(Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1)))
  return Effect.acquireRelease(
    Effect.suspend(() => (taken.has(labels) ? Effect.fail(sameAttributes) : Effect.sync(() => taken.add(labels)))),
    () => Effect.sync(() => taken.delete(labels))
  )
}

const sameAttributes = new InvalidArgument({
  argument: "attributes",
  problem: 'another broker of this program has the same; give each its own, such as `{ broker: "builds" }`'
})
