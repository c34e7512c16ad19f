import { daemonDefaults, type RestartPolicy } from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"

/** When a daemon is started again that fails again and again. The longest time is the longest, whatever the jitter says. */
export const restartSchedule = (restart: RestartPolicy = {}): Schedule.Schedule<unknown> => {
  const { delay, factor, maxDelay, jitter } = { ...daemonDefaults.restart, ...restart }
  const growing = Schedule.exponential(delay as Duration.Input, factor)
  return Schedule.min([jitter ? Schedule.jittered(growing) : growing, Schedule.spaced(maxDelay as Duration.Input)])
}
