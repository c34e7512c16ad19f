import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import type { Subject } from "../subjects/Subject.ts"

const SPAWNS = 200

const startAll = (subject: Subject, count: number): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => subject.run("true", [])))

/**
 * How long the main thread is held up while 200 processes are started at once.
 *
 * **Unit**: milliseconds over the timer's own interval of 1 ms.
 */
export const mainStall = async (subject: Subject): Promise<Readonly<Record<string, number>>> => {
  for (let round = 0; round < 3; round++) await startAll(subject, 50)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // A reset forgets the last tick too, so the first stall after it would not be seen without another one.
  await sleep(50)
  delay.reset()
  await sleep(20)
  const startedAt = performance.now()
  await startAll(subject, SPAWNS)
  const elapsed = performance.now() - startedAt
  // One more interval, so that a stall that is just over has been seen.
  await sleep(5)
  delay.disable()
  const milliseconds = (nanoseconds: number): number => Math.round(nanoseconds / 1e4) / 100
  return { longest: milliseconds(delay.max), p99: milliseconds(delay.percentile(99)), elapsed: Math.round(elapsed) }
}
