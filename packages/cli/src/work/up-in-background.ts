import type { DaemonState } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { answer } from "../command/output.ts"
import { findConfig } from "../config/find-config.ts"
import { exitCodes } from "../exit-codes.ts"
import { asFailure, failIf } from "../Failure.ts"
import { alreadyUp } from "../project/lock-project.ts"
import { askProject, connectProject } from "../project/reach-project.ts"
import { placeOf } from "../project/ProjectPlace.ts"
import { startInBackground } from "../project/start-in-background.ts"

/** Starts a project in the background. `wait`: answers once all its daemons are ready, or one of them will never be. */
export const upInBackground = (config: string | undefined, wait: boolean) =>
  Effect.gen(function* () {
    const { file, place } = yield* Effect.try({
      try: () => {
        const found = findConfig(config)
        return { file: found, place: placeOf(found) }
      },
      catch: asFailure
    })
    const running = yield* Effect.option(askProject(place, { _tag: "Describe" }))
    if (running._tag === "Some") {
      yield* alreadyUp
    }
    const pid = yield* startInBackground(place, file)
    const failed = wait ? yield* waitForAll(file) : []
    yield* answer({ pid, log: place.logFile, failed }, () =>
      [`The project is up, as process ${pid}. What it says is in ${place.logFile}`, ...failed.map(tell)].join("\n")
    )
    yield* failIf(failed.length > 0, exitCodes.failure)
  })

const tell = (name: string): string => `${name} is not ready; see \`spawnbroker ps\` and \`spawnbroker logs ${name}\``

/** States in which a daemon stays, unless something happens to it. */
const settled = new Set<DaemonState>(["healthy", "unhealthy", "completed", "failed", "stopped"])

/** The names of those that are not ready, once each is, or will not be. */
const waitForAll = (file: string) =>
  Effect.gen(function* () {
    const client = yield* connectProject(file)
    const settle = (name: string) =>
      client.daemons.changes(name).pipe(
        Stream.filter(({ state }) => settled.has(state)),
        Stream.runHead,
        Effect.flatMap(Effect.fromOption)
      )
    const daemons = yield* client.daemons.list()
    const infos = yield* Effect.forEach(daemons, ({ name }) => settle(name), { concurrency: "unbounded" })
    return infos.filter(({ state }) => state !== "healthy" && state !== "completed").map(({ name }) => name)
  }).pipe(Effect.scoped, Effect.mapError(asFailure))
