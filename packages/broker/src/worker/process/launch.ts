import { SpawnFailed } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { SpawnError, type Spawner } from "../spawn/Spawner.ts"
import type { Process } from "./Process.ts"

/** Errnos that say "not now": the machine, or this user, is out of something that others will give back. */
const passing = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"])

/** Short at first, since most shortages last for milliseconds; half a minute in all. */
const untilThereIsRoom = Schedule.min([Schedule.exponential("5 millis"), Schedule.spaced("250 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "30 seconds" })
)

/** Starts a process through a spawner, and waits where the machine has no room for it now. */
export const launch = (process: Process, spawner: Spawner): Effect.Effect<void, SpawnFailed> =>
  Effect.tryPromise({ try: () => spawner.spawn(process.request), catch: (cause) => cause }).pipe(
    Effect.retry({ schedule: untilThereIsRoom, while: (cause) => !process.isEnding && passing.has(errnoOf(cause)) }),
    Effect.tap((spawned) => Effect.sync(() => process.started(spawned))),
    Effect.asVoid,
    Effect.mapError((cause) => {
      const { spec, request } = process
      return new SpawnFailed({ command: spec.command, args: spec.args, cwd: request.cwd, errno: errnoOf(cause) })
    }),
    Effect.tapError((error) => Effect.sync(() => process.failed(error.message)))
  )

const errnoOf = (cause: unknown): string => (cause instanceof SpawnError ? cause.errno : "EIO")
