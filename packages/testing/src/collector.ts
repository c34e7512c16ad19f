/** What exporters send to: a receiver of OTLP as JSON, for traces, metrics and logs. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Otlp from "effect/observability/Otlp"
import type * as Scope from "effect/Scope"

/** A span as it was received, with the name of the service that it came from. */
export interface CollectedSpan {
  readonly service: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: { readonly code: number; readonly message?: string }
}

export interface Collector {
  readonly url: string
  /** Everything, as it was received. */
  readonly bodies: ReadonlyArray<string>
  readonly spans: () => ReadonlyArray<CollectedSpan>
  /** The names of the metrics. */
  readonly metrics: () => ReadonlySet<string>
}

/** Receives on a free port of this machine, until the scope closes. */
export const startCollector: Effect.Effect<Collector, never, Scope.Scope> = Effect.gen(function* () {
  const bodies: Array<string> = []
  const received = new Map<string, Array<any>>()
  const receive = async (request: IncomingMessage): Promise<void> => {
    const body = await text(request)
    bodies.push(body)
    received.set(request.url!, [...(received.get(request.url!) ?? []), JSON.parse(body)])
  }
  const server = createServer((request, response) => {
    receive(request).then(
      () => response.end("{}"),
      () => response.writeHead(400).end()
    )
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(() => {
        const closed = new Promise((resolve) => server.close(resolve))
        server.closeAllConnections()
        return closed
      })
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    spans: () => (received.get("/v1/traces") ?? []).flatMap(({ resourceSpans }) => resourceSpans.flatMap(spansOf)),
    metrics: () =>
      new Set(
        (received.get("/v1/metrics") ?? []).flatMap(({ resourceMetrics }) =>
          resourceMetrics.flatMap(({ scopeMetrics }: any) =>
            scopeMetrics.flatMap(({ metrics }: any) => metrics.map(({ name }: any) => name))
          )
        )
      )
  }
})

/** Everything that a program tells, to a collector. What is left is sent when the layer closes. */
export const sendTo = ({ url }: Collector, serviceName: string) =>
  Otlp.layerJson({
    baseUrl: url,
    resource: { serviceName },
    tracerExportInterval: "100 millis",
    metricsExportInterval: "100 millis",
    loggerExportInterval: "100 millis",
    loggerMergeWithExisting: false,
    shutdownTimeout: "30 seconds"
  }).pipe(Layer.provide(FetchHttpClient.layer))

const spansOf = ({ resource, scopeSpans }: any): ReadonlyArray<CollectedSpan> => {
  const service = attributesOf(resource.attributes)["service.name"]
  return scopeSpans.flatMap(({ spans }: any) =>
    spans.map((span: any) => ({ ...span, service, attributes: attributesOf(span.attributes) }))
  )
}

const attributesOf = (list: ReadonlyArray<any>): Readonly<Record<string, any>> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]))
