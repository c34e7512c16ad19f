/** A broker behind a gateway, in this process: what a client on another machine would see of it. */
import type { BrokerHandle } from "@spawnbroker/broker"
import { fromWebSocket, type Port } from "@spawnbroker/client/ports"
import { Gateway, type GatewayError } from "@spawnbroker/gateway"
import { BrokerUnavailable, WEB_SOCKET_PROTOCOL, WEB_SOCKET_TOKEN } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { once } from "node:events"

/** A port over a WebSocket. `token` is what lets it in; what its client presents may be another. */
const openPort = (url: string, token: string): Effect.Effect<Port, BrokerUnavailable> =>
  Effect.tryPromise({
    try: async () => {
      const socket = new WebSocket(url, [WEB_SOCKET_PROTOCOL, WEB_SOCKET_TOKEN + token])
      await once(socket, "open")
      return fromWebSocket(socket)
    },
    catch: () => new BrokerUnavailable({ reason: "its gateway has refused" })
  })

/** A port over a WebSocket, to a gateway that is there for it alone, and ends with the port's connection. */
export const connectWebSocket = (broker: BrokerHandle): Effect.Effect<Port, BrokerUnavailable> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { webSocketUrl, token } = yield* Scope.provide(behindGateway(broker), scope).pipe(
      Effect.catchIf(
        (error): error is Exclude<typeof error, BrokerUnavailable> => !(error instanceof BrokerUnavailable),
        Effect.die
      ),
      Effect.onError(() => Scope.close(scope, Exit.void))
    )
    const port = yield* openPort(webSocketUrl, token)
    port.addEventListener("close", () => void Effect.runFork(Scope.close(scope, Exit.void)))
    return port
  })

const behindGateway = (broker: BrokerHandle) =>
  Effect.gen(function* () {
    const { webSocketUrl } = yield* Gateway.start(broker)
    return { webSocketUrl, token: yield* broker.mint({ subject: "door" }) }
  })

/** A broker whose ports all lead to it through one gateway. */
export const overWebSockets = (broker: BrokerHandle): Effect.Effect<BrokerHandle, GatewayError, Scope.Scope> =>
  Effect.map(behindGateway(broker), ({ webSocketUrl, token }) => ({
    ...broker,
    openPort: () => openPort(webSocketUrl, token) as ReturnType<BrokerHandle["openPort"]>
  }))
