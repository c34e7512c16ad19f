/**
 * The health of a broker over HTTP, for whatever watches over the host: a supervisor, a load balancer, a person with curl.
 *
 * It runs in the host's own thread, so that it answers, and says that the broker is down, when the broker does not. It tells
 * names and states, and takes no orders.
 */
import { BrokerUnavailable } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { type AddressInfo, BlockList, isIP } from "node:net"
import type { BrokerHandle } from "../Broker.ts"
import { type Health, lookAtHealth } from "./look-at-health.ts"

export interface HealthOptions {
  /**
   * Where it listens; 0: at any port that is free.
   * @default 0
   */
  readonly port?: number | undefined
  /**
   * The address at which it listens. At one of this machine alone, requests are refused whose `Host` is another, since a web
   * page could have sent them; elsewhere anybody who reaches it is answered.
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
}

export interface HealthEndpoint {
  readonly port: number
  /** `http://127.0.0.1:8080`, without a path. */
  readonly url: string
}

/** Connections at a time. Higher: whoever opens them and says nothing costs the host more descriptors. */
const MAX_CONNECTIONS = 64
/** How long a request may take to come whole. */
const REQUEST_TIMEOUT_MS = 5000

/**
 * Serves the health of a broker until the scope closes. It does not keep the host alive.
 *
 * | path | 200 | 503 |
 * |---|---|---|
 * | `/live` | the broker works | it was shut down, has given up, or does not answer |
 * | `/ready` | and every daemon that should be is ready | one is not |
 * | `/health` | the same, and says in JSON what there is | the same |
 *
 * **Errors**: `BrokerUnavailable` where it cannot listen there.
 *
 * **Example**
 *
 * ```ts
 * const program = Effect.gen(function*() {
 *   const broker = yield* Broker.start()
 *   const { url } = yield* serveHealth(broker)
 *   const response = yield* Effect.promise(() => fetch(`${url}/ready`))
 *   response.status // => 200
 * }).pipe(Effect.scoped)
 * ```
 */
export const serveHealth = (
  broker: Pick<BrokerHandle, "stats" | "daemons">,
  { port = 0, host = "127.0.0.1" }: HealthOptions = {}
): Effect.Effect<HealthEndpoint, BrokerUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const run = Effect.runPromiseWith(yield* Effect.context())
    // However many ask, the broker is asked once at a time.
    let looking: Promise<Health> | undefined
    const look = (): Promise<Health> => (looking ??= run(lookAtHealth(broker)).finally(() => (looking = undefined)))
    const isOpen = !isLoopback(host)
    // Not imported, since few serve it: see `http-probe.ts`.
    const { createServer } = process.getBuiltinModule("node:http")
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS })
    server.on("request", (request, response) => {
      if (!isOpen && !isLoopback(hostNameOf(request))) return send(response, 403, "the Host is not this machine")
      if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "only GET is answered")
      const answer = answers[request.url?.split("?", 1)[0] ?? ""]
      if (answer === undefined) return send(response, 404, "there are /live, /ready and /health")
      void look().then((health) => answer(response, health))
    })
    server.maxConnections = MAX_CONNECTIONS
    server.unref()
    yield* Effect.acquireRelease(listen(server, port, host), () => close(server))
    const address = server.address() as AddressInfo
    return {
      port: address.port,
      url: `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`
    }
  })

type Answer = (response: ServerResponse, health: Health) => void

const answers: Readonly<Record<string, Answer>> = Object.assign(Object.create(null) as Record<string, Answer>, {
  "/live": (response, { status }) => send(response, status === "down" ? 503 : 200, status === "down" ? "down" : "live"),
  "/ready": (response, { status }) => send(response, status === "ready" ? 200 : 503, status),
  "/health": (response, health) =>
    send(response, health.status === "ready" ? 200 : 503, JSON.stringify(health), "application/json")
} satisfies Record<string, Answer>)

const send = (response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void => {
  response.writeHead(status, {
    "Content-Type": type,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    // A body of a request that is not read would be taken for the next one.
    ...(status === 405 && { Allow: "GET, HEAD", Connection: "close" })
  })
  response.end(`${body}\n`)
}

const listen = (server: Server, port: number, host: string): Effect.Effect<void, BrokerUnavailable> =>
  Effect.callback((resume) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const reason = `its health cannot be served at ${host}, port ${port}: ${cause.code ?? cause.message}`
      resume(Effect.fail(new BrokerUnavailable({ reason })))
    }
    server.once("error", fail)
    try {
      server.listen(port, host, () => {
        server.off("error", fail)
        // One connection that cannot be taken is none of the others' business.
        server.on("error", () => {})
        resume(Effect.void)
      })
    } catch (cause) {
      fail(cause as NodeJS.ErrnoException)
    }
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const hostNameOf = ({ headers: { host = "" } }: IncomingMessage): string =>
  host.replace(/:[0-9]+$/, "").replace(/^\[(.*)\]$/, "$1")

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8)
loopback.addAddress("::1", "ipv6")

const isLoopback = (name: string): boolean => {
  const version = isIP(name)
  return version === 0 ? name.toLowerCase() === "localhost" : loopback.check(name, version === 6 ? "ipv6" : "ipv4")
}
