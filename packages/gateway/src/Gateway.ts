/**
 * HTTP and WebSocket in front of a broker: for the pages of its own console, and for clients on other machines.
 *
 * A WebSocket carries the very session that a UNIX socket does, so that whoever connects has the same client; what is in front of
 * it decides who gets as far as that. Nobody does without a token or a log-in, from an address or a page that is not expected.
 *
 * What a client may do is in its token, as everywhere. The gateway decides nothing about processes.
 */
import type { BrokerHandle, Identity } from "@spawnbroker/broker"
import {
  type AnyCallError,
  BrokerUnavailable,
  durationMillis,
  InvalidArgument,
  InvalidToken,
  MAX_TIMER_MS,
  type Unsupported
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Duration from "effect/Duration"
import type * as Scope from "effect/Scope"
import type { Server } from "node:http"
import { fileURLToPath } from "node:url"
import { Addresses } from "./access/Addresses.ts"
import { makeAdminRoutes } from "./admin/admin-routes.ts"
import { Callers, type Denial } from "./access/Callers.ts"
import { FailedLogins } from "./access/FailedLogins.ts"
import { StaticFiles } from "./console/StaticFiles.ts"
import { makeRoutes } from "./http/routes.ts"
import { makeServer, serveHttp, type TlsOptions } from "./http/serve-http.ts"
import { ListenFailed } from "./ListenFailed.ts"
import { SocketDoor } from "./sockets/SocketDoor.ts"
import { LoginCodes } from "./users/LoginCodes.ts"
import { LoginSessions } from "./users/LoginSessions.ts"
import type { Role, RolePolicy } from "./users/Role.ts"
import { SessionCookie } from "./users/SessionCookie.ts"
import { makeUsers, userNamed } from "./users/Users.ts"

export interface GatewayOptions {
  /**
   * The address to listen at. With another than a loopback address the network can knock; then use `tls`, or a proxy that does.
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined
  /** @default 0: any that is free */
  readonly port?: number | undefined
  /** Serves https and wss. @default none */
  readonly tls?: TlsOptions | undefined
  /**
   * Names, with or without a port, by which it is reached besides its address: `"console.example.org"`. A request for any other is
   * refused, so that no page of a stranger's name gets here (DNS rebinding). One behind which a proxy speaks https counts, too.
   * @default none: at a loopback address, `localhost`, 127.0.0.0/8 and ::1
   */
  readonly hosts?: ReadonlyArray<string> | undefined
  /**
   * Origins of other pages, such as `"https://app.example.org"`, that may connect with a token of their own. A log-in here is
   * of no use to them.
   * @default none
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /** Who may log in, and as what. @default nobody */
  readonly users?: Readonly<Record<string, Role>> | undefined
  /** What the users of each role may do. @default `defaultRoles` */
  readonly roles?: Partial<Record<Role, RolePolicy>> | undefined
  /** How long a log-in lasts. Its connections end with it. @default "12 hours" */
  readonly sessionLifetime?: Duration.Input | undefined
  /** How long the link of a log-in is good for. @default "10 minutes" */
  readonly loginLinkLifetime?: Duration.Input | undefined
  /** The directory with the files of the console, which are read at the start. @default none */
  readonly console?: string | undefined
  /** What `/metrics` answers, in the text format of Prometheus, to those who may see everybody's processes. @default nothing */
  readonly metrics?: Effect.Effect<string> | undefined
  /** How long a request may take to arrive, its headers and all of it. @default "10 seconds" */
  readonly requestTimeout?: Duration.Input | undefined
  /** TCP connections at a time. @default 512 */
  readonly maxConnections?: number | undefined
  /** WebSockets at a time; of one user or subject, 64. @default 256 */
  readonly maxWebSockets?: number | undefined
}

export interface GatewayHandle {
  /** Where its pages are: `http://127.0.0.1:8080/`. */
  readonly url: string
  /** For `Client.connectWebSocket`. */
  readonly webSocketUrl: string
  /**
   * A link with which a user logs in, once. Its code stands behind a `#`, which no browser sends and no server logs.
   *
   * **Errors**: `InvalidArgument` for a user that there is not.
   */
  readonly loginLink: (user: string) => Effect.Effect<string, InvalidArgument>
  /** How many there are at this moment: log-ins that last, and WebSockets. */
  readonly stats: Effect.Effect<{ readonly sessions: number; readonly webSockets: number }>
}

export type GatewayError = AnyCallError | Unsupported | ListenFailed

export const Gateway = {
  /**
   * Serves a broker until the scope closes.
   *
   * **Errors**: `ListenFailed`; `InvalidArgument` for users, roles or files that are none; what minting their tokens fails with.
   *
   * **Example** (the same client, over a WebSocket)
   *
   * ```ts
   * import { Broker } from "@spawnbroker/broker"
   * import { Client } from "@spawnbroker/client"
   * import { Gateway } from "@spawnbroker/gateway"
   * import { Effect } from "effect"
   *
   * const program = Effect.gen(function*() {
   *   const broker = yield* Broker.start()
   *   const gateway = yield* Gateway.start(broker)
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "echo", args: true }] })
   *   const client = yield* Client.connectWebSocket(gateway.webSocketUrl, token)
   *   const { stdout } = yield* client.run("echo", ["hello"])
   *   stdout // => "hello\n"
   * }).pipe(Effect.scoped)
   * await Effect.runPromise(program)
   * ```
   */
  start: (
    broker: BrokerHandle,
    options: GatewayOptions = {}
  ): Effect.Effect<GatewayHandle, GatewayError, Scope.Scope> =>
    Effect.gen(function* () {
      const scheme = options.tls === undefined ? "http" : "https"
      const context = yield* Effect.context()
      const run = Effect.runForkWith(context)
      const ask = Effect.runPromiseWith(context)
      const log = (message: string): void => void run(Effect.logInfo(message))
      const users = yield* makeUsers(broker, options.users ?? {}, options.roles ?? {})
      const pages = yield* Effect.promise(() => StaticFiles.read(pagesDirectory))
      const files = options.console === undefined ? undefined : yield* readConsole(options.console)
      const codes = new LoginCodes(durationMillis(options.loginLinkLifetime ?? "10 minutes"))
      const sessions = new LoginSessions(Math.min(durationMillis(options.sessionLifetime ?? "12 hours"), MAX_TIMER_MS))
      const failures = new FailedLogins()
      const server = makeServer({
        tls: options.tls,
        requestTimeoutMs: durationMillis(options.requestTimeout ?? "10 seconds"),
        maxConnections: options.maxConnections ?? 512
      })
      const { host = "127.0.0.1", hosts = [], origins = [], metrics } = options
      const port = yield* listen(server, host, options.port ?? 0)
      const cookie = new SessionCookie(port, scheme)
      const addresses = new Addresses({ address: host, port, scheme, hosts, origins })
      const callers = new Callers(addresses, sessions, cookie, (token) => ask(identify(broker, token)))
      serveHttp(server, {
        scheme,
        callers,
        routes: makeRoutes({
          codes,
          sessions,
          cookie,
          failures,
          pages,
          log,
          note: (act, who) => void run(Effect.ignore(broker.note({ act, ...who }))),
          admin: makeAdminRoutes(broker),
          isReady: () => ask(Effect.isSuccess(broker.stats)),
          metrics: metrics && (() => ask(metrics))
        }),
        console: files,
        onDefect: (cause) => void run(Effect.logError("The gateway made a mistake", cause))
      })
      const door = new SocketDoor(server, {
        callers,
        failures,
        log,
        maxWebSockets: options.maxWebSockets ?? 256,
        attach: (attached) => void run(Effect.ignore(broker.attachPort(attached, { via: "WebSocket" })))
      })
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          sessions.closeAll()
          door.close()
        })
      )
      const url = `${scheme}://${nameOf(host)}:${port}/`
      return {
        url,
        webSocketUrl: `${url.replace("http", "ws")}ws`,
        loginLink: (name) => Effect.map(userNamed(users, name), (user) => `${url}login#${codes.issue(user)}`),
        stats: Effect.sync(() => ({ sessions: sessions.size, webSockets: door.size }))
      }
    })
}

const pagesDirectory = fileURLToPath(new URL("./pages/", import.meta.url))

/** Whose a token is, or why that cannot be said. A client may ask again about a broker that is not there; not about a token. */
const identify = (broker: BrokerHandle, token: string): Effect.Effect<Identity | Denial> =>
  Effect.match(broker.identify(token), {
    onSuccess: (identity) => identity,
    onFailure: (error) => (error instanceof BrokerUnavailable ? error : toInvalidToken(error))
  })

/** What is too long, or is written in no way in which tokens are, is no token either. */
const toInvalidToken = (error: unknown): InvalidToken =>
  error instanceof InvalidToken ? error : new InvalidToken({ reason: "unknown" })

const readConsole = (directory: string): Effect.Effect<StaticFiles, InvalidArgument> =>
  Effect.tryPromise({
    try: () => StaticFiles.read(directory),
    catch: (cause) =>
      new InvalidArgument({
        argument: "console",
        problem: `it cannot be read: ${(cause as NodeJS.ErrnoException).code}`
      })
  })

/** Listens until the scope closes. Then every connection is ended. */
const listen = (server: Server, host: string, port: number): Effect.Effect<number, ListenFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number, ListenFailed>((resume) => {
      server.once("error", (cause: NodeJS.ErrnoException) =>
        resume(Effect.fail(new ListenFailed({ host, port, errno: cause.code ?? cause.message })))
      )
      server.listen(port, host, () => resume(Effect.succeed((server.address() as { readonly port: number }).port)))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** A name for the address that is listened at, as a browser of this machine can use it. */
const nameOf = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return "localhost"
  return host.includes(":") ? `[${host}]` : host
}
