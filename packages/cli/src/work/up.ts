/** A project in the foreground: from its configuration to the end of its last daemon. */
import type { BrokerHandle } from "@spawnbroker/broker"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Json } from "../command/output.ts"
import { Failure, toFailure } from "../Failure.ts"
import { findConfig } from "../config/find-config.ts"
import { type Project, readSecrets, toProject } from "../config/Project.ts"
import { readConfig } from "../config/read-config.ts"
import { keepProject } from "../project/keep-project.ts"
import { placeOf } from "../project/ProjectPlace.ts"
import { tellReady } from "../project/tell-ready.ts"
import { DaemonWatch } from "../project/watch-daemons.ts"
import { takeSignals } from "../process/Signals.ts"
import { chooseScreen } from "../screen/choose-screen.ts"

export const readProject = (config: string | undefined) =>
  Effect.tryPromise({
    try: async () => {
      const read = await readConfig(findConfig(config))
      return { project: toProject(read), secrets: readSecrets(read) }
    },
    catch: (cause) => {
      if (cause instanceof Failure) return cause
      throw cause
    }
  })

/** `atGateway`: what else it does once its broker is there, and what it then has to say. */
export const up = (
  config: string | undefined,
  atGateway: (
    project: Project,
    broker: BrokerHandle
  ) => Effect.Effect<ReadonlyArray<string>, Failure, Scope.Scope> = () => Effect.succeed([])
) =>
  Effect.gen(function* () {
    const { project, secrets } = yield* readProject(config)
    const names = project.daemons.map(({ name }) => name)
    const interrupted = yield* Deferred.make<void>()
    const again = yield* Deferred.make<void>()
    // From the start on, since what is interrupted half-way must be stopped in order, too.
    yield* takeSignals(() => {
      if (!Deferred.doneUnsafe(interrupted, Effect.void)) Deferred.doneUnsafe(again, Effect.void)
    })
    const kept = yield* keepProject(project, placeOf(project.file), secrets)
    const screen = chooseScreen(process.stdout, process.env, names, yield* Json)
    yield* Effect.addFinalizer(() => Effect.sync(() => screen.close()))
    if (kept.health !== undefined) screen.note(`Its health is told at ${kept.health.url}/health`)
    const said = yield* atGateway(project, kept.broker)
    for (const line of said) screen.note(line)
    const watch = new DaemonWatch(kept.client, screen)
    const infos = yield* kept.client.daemons.startAll(project.daemons)
    for (const info of infos) screen.changed(info)
    tellReady()
    yield* Effect.raceAllFirst([
      names.length === 0 ? Effect.never : Effect.andThen(watch.follow(names), Effect.never),
      Deferred.await(interrupted),
      kept.downAsked
    ])
    screen.note("Stopping")
    const stopping = Effect.andThen(kept.stop, watch.finish(names)).pipe(
      Effect.catch((error) => (kept.isHurried() ? Effect.void : Effect.fail(error)))
    )
    // What they still have to say, and how they end. Without the broker there is nothing more to hear.
    const watching = Effect.andThen(Effect.ignore(watch.follow(names)), Effect.never)
    const hurrying = Effect.andThen(Effect.andThen(Deferred.await(again), kept.hurry), Effect.never)
    yield* Effect.raceAllFirst([stopping, watching, hurrying])
  }).pipe(
    Effect.scoped,
    Effect.mapError((error) => (error instanceof Failure ? error : toFailure(error)))
  )
