/**
 * A project while it is up: a broker, its daemons, its tokens, and the sockets by which it is reached.
 */
import { type BrokerHandle, type HealthEndpoint, serveHealth } from "@spawnbroker/broker"
import { Client, type ClientHandle } from "@spawnbroker/client"
import type { ProcessError } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import type * as Scope from "effect/Scope"
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { type Project, policyNamed } from "../config/Project.ts"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import { lockProject } from "./lock-project.ts"
import { makePlace, type ProjectPlace } from "./ProjectPlace.ts"
import type { Answer, Request } from "./requests.ts"
import { serveProject } from "./serve-project.ts"
import { startBroker } from "./start-broker.ts"

export interface KeptProject {
  readonly broker: BrokerHandle
  readonly client: ClientHandle
  /** Where its health is served, if it is to be. */
  readonly health: HealthEndpoint | undefined
  /** Somebody has asked for its end. */
  readonly downAsked: Effect.Effect<void>
  /** Stops the daemons, those that depend on others first, and tells whoever has asked. */
  readonly stop: Effect.Effect<void, ProcessError>
  /** What still runs gets no more time. */
  readonly hurry: Effect.Effect<void>
  /** The broker is being ended, or has been, by `hurry`. */
  readonly isHurried: () => boolean
}

/** How long what still runs gets once somebody is in a hurry. */
const HURRIED_GRACE = "100 millis"

export const keepProject = (
  project: Project,
  place: ProjectPlace,
  secrets: Readonly<Record<string, string>>
): Effect.Effect<KeptProject, Failure | ProcessError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* Effect.try({ try: () => makePlace(place), catch: (cause) => cause as Failure })
    yield* lockProject(place.lockFile)
    const broker = yield* startBroker({ cwd: project.directory, secrets }, project.hasHistory)
    const token = yield* broker.mint(project.policy)
    const client = yield* Client.connect(broker.openPort(), token)
    const health = project.health && (yield* serveHealth(broker, project.health))
    const asked = yield* Deferred.make<void>()
    const stopped = yield* Deferred.make<void>()
    let killed = 0
    let isHurried = false
    const hurry = Effect.suspend(() => {
      isHurried = true
      return Effect.map(broker.shutdown({ grace: HURRIED_GRACE }), (report) => {
        killed += report.killed
      })
    })
    yield* Effect.forEach(project.tokens, ({ policy, file }) =>
      Effect.flatMap(broker.mint(policy), (minted) => keepToken(file, minted))
    )
    yield* keepToken(place.tokenFile, token)
    yield* serveProject(place, {
      broker,
      token,
      answer: answerFor(project, broker, {
        ask: Effect.asVoid(Deferred.succeed(asked, undefined)),
        hurry,
        stopped: Effect.map(Deferred.await(stopped), () => killed)
      })
    })
    return {
      broker,
      client,
      health,
      downAsked: Deferred.await(asked),
      stop: client.daemons.stopAll().pipe(
        // Whoever is in a hurry takes the broker away.
        Effect.catch((error) => (isHurried ? Effect.void : Effect.fail(error))),
        Effect.ensuring(Deferred.succeed(stopped, undefined)),
        Effect.asVoid
      ),
      hurry,
      isHurried: () => isHurried
    }
  })

/** A token in a file that only its user can read, for as long as the project is up. */
const keepToken = (file: string, token: string): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
        // What is there may be somebody's link to elsewhere, or have another mode.
        rmSync(file, { force: true })
        writeFileSync(file, `${token}\n`, { mode: 0o600, flag: "wx" })
        chmodSync(file, 0o600)
      },
      catch: (cause) =>
        new Failure({
          exitCode: exitCodes.failure,
          message: `Cannot write the token to ${file}: ${(cause as NodeJS.ErrnoException).code}.`
        })
    }),
    () => Effect.sync(() => rmSync(file, { force: true }))
  )

interface Ending {
  readonly ask: Effect.Effect<void>
  readonly hurry: Effect.Effect<void>
  /** The number of processes that needed SIGKILL, once all is over. */
  readonly stopped: Effect.Effect<number>
}

const answerFor =
  (project: Project, broker: BrokerHandle, { ask, hurry, stopped }: Ending) =>
  (request: Request): Effect.Effect<Answer, unknown> =>
    Match.valueTags(request, {
      Describe: () =>
        Effect.succeed<Answer>({ _tag: "Described", name: project.name, file: project.file, pid: process.pid }),
      Mint: ({ policy: name, expires }) =>
        Effect.gen(function* () {
          const policy = yield* Effect.try({ try: () => policyNamed(project, name), catch: (cause) => cause })
          const token = yield* broker.mint({ ...policy, ...(expires !== undefined && { expires }) })
          return { _tag: "Minted", token, subject: policy.subject } satisfies Answer
        }),
      Revoke: ({ token, kill }) => Effect.as(broker.revoke(token, { kill }), { _tag: "Revoked" } satisfies Answer),
      Down: ({ hurry: isHurry }) =>
        ask.pipe(
          Effect.andThen(isHurry ? hurry : Effect.void),
          Effect.andThen(stopped),
          Effect.map((killed) => ({ _tag: "WentDown", killed }) satisfies Answer)
        )
    })
