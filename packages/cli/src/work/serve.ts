/** A gateway in front of a project, or of the current directory. */
import type { BrokerHandle } from "@spawnbroker/broker"
import { Gateway, ListenFailed } from "@spawnbroker/gateway"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import { userInfo } from "node:os"
import { answer } from "../command/output.ts"
import type { ConfigGateway } from "../config/Config.ts"
import { nearestConfig } from "../config/find-config.ts"
import { exitCodes } from "../exit-codes.ts"
import { Failure, toFailure } from "../Failure.ts"
import { takeSignals } from "../process/Signals.ts"
import { startBroker } from "../project/start-broker.ts"
import { tellReady } from "../project/tell-ready.ts"
import { up } from "./up.ts"

export interface ServeInput {
  readonly config: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly console: string | undefined
}

/** Where it is looked for by people. Another is chosen by them. */
const DEFAULT_PORT = 8080

export const serve = (input: ServeInput) => {
  const { config = nearestConfig() } = input
  if (config === undefined) return serveDirectory(input)
  return up(config, (project, broker) => Effect.map(startGateway(broker, project.gateway, input), describe))
}

const serveDirectory = (input: ServeInput) =>
  Effect.gen(function* () {
    const interrupted = yield* Deferred.make<void>()
    yield* takeSignals(() => void Deferred.doneUnsafe(interrupted, Effect.void))
    const broker = yield* Effect.mapError(startBroker({}, true), (error) => toFailure(error))
    const served = yield* startGateway(broker, {}, input)
    yield* answer(served, () => describe(served).join("\n"))
    tellReady()
    yield* Deferred.await(interrupted)
  }).pipe(Effect.scoped)

interface Served {
  readonly url: string
  readonly user: string
  readonly loginLink: string
}

const startGateway = (
  broker: BrokerHandle,
  { tls, users = { [ownName()]: "admin" }, port, host, sessionLifetime, ...options }: ConfigGateway,
  input: ServeInput
): Effect.Effect<Served, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const gateway = yield* Gateway.start(broker, {
      ...options,
      // Its schema has looked at how it is written.
      sessionLifetime: sessionLifetime as Duration.Input | undefined,
      users,
      host: input.host ?? host,
      port: input.port ?? port ?? DEFAULT_PORT,
      console: input.console,
      tls: tls && { cert: yield* readPem(tls.cert), key: yield* readPem(tls.key) }
    })
    const [user = ownName()] = Object.keys(users)
    return { url: gateway.url, user, loginLink: yield* gateway.loginLink(user) }
  }).pipe(
    Effect.mapError((error) => {
      if (error instanceof Failure) return error
      if (!(error instanceof ListenFailed)) return toFailure(error)
      return new Failure({ exitCode: exitCodes.unavailable, message: error.message, code: error._tag })
    })
  )

const describe = ({ url, user, loginLink }: Served): ReadonlyArray<string> => [
  `Serving at ${url}`,
  `Log in as ${user}, once, within 10 minutes: ${loginLink}`
]

/** As the system calls whoever starts this, if that is a name of a user here. */
const ownName = (): string => {
  const { username } = userInfo()
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(username) ? username : "admin"
}

const readPem = (file: string): Effect.Effect<string, Failure> =>
  Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: (cause) =>
      new Failure({
        exitCode: exitCodes.config,
        message: `Cannot read ${file}: ${(cause as NodeJS.ErrnoException).code}.`
      })
  })
