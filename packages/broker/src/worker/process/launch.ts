import { SpawnFailed, TimedOut } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { type Spawned, SpawnError, type Spawner } from "../spawn/Spawner.ts"
import type { Process } from "./Process.ts"

/** Errnos that say "not now": the machine, or this user, is out of something that others will give back. */
const passing = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"])

/** Short at first, since most shortages last for milliseconds; half a minute in all. */
const untilThereIsRoom = Schedule.min([Schedule.exponential("5 millis"), Schedule.spaced("250 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "30 seconds" })
)

/** Starts a process through a spawner, and waits where the machine has no room for it now. */
export const launch = (process: Process, spawner: Spawner): Effect.Effect<void, SpawnFailed | TimedOut> =>
  spawnOnce(process, spawner).pipe(
    Effect.retry({ schedule: untilThereIsRoom, while: (cause) => !process.isEnding && passing.has(errnoOf(cause)) }),
    Effect.mapError((cause) => {
      const { spec, request } = process
      return new SpawnFailed({ command: spec.command, args: spec.args, cwd: request.cwd, errno: errnoOf(cause) })
    }),
    withinStartTimeout(process.spec.startTimeoutMs),
    Effect.tap((spawned) => Effect.sync(() => process.started(spawned))),
    Effect.tapError((error) => Effect.sync(() => process.failed(error))),
    Effect.asVoid
  )

/** A spawn cannot be called back: one that is interrupted ends what it has started as soon as it has. */
const spawnOnce = (process: Process, spawner: Spawner): Effect.Effect<Spawned, unknown> =>
  Effect.callback((resume) => {
    const spawning = spawner.spawn(process.request)
    spawning.then(
      (spawned) => resume(Effect.succeed(spawned)),
      (cause) => resume(Effect.fail(cause))
    )
    return Effect.sync(() => void spawning.then(discard, () => {}))
  })

const discard = ({ signal, inputs, outputs }: Spawned): void => {
  void signal("SIGKILL")
  for (const stream of [...inputs.values(), ...outputs.values()]) stream.destroy()
}

const withinStartTimeout =
  (timeoutMs: number | undefined) =>
  <A, E>(start: Effect.Effect<A, E>): Effect.Effect<A, E | TimedOut> =>
    timeoutMs === undefined
      ? start
      : Effect.timeoutOrElse(start, {
          duration: timeoutMs,
          orElse: () => Effect.fail(new TimedOut({ operation: "The start", timeoutMs }))
        })

const errnoOf = (cause: unknown): string => (cause instanceof SpawnError ? cause.errno : "EIO")
