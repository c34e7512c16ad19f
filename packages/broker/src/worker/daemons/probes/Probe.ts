/**
 * A probe that is made again and again, and what its answers come to.
 */
import { daemonDefaults, type LivenessProbe } from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/** One look: succeeds, or fails with what is wrong, in words. */
export type Check = Effect.Effect<void, string>

export interface ProbeTiming {
  readonly initialDelay: Duration.Input
  /** Between two probes, until it has passed for the first time, and from then on. */
  readonly startingPeriod: Duration.Input
  readonly period: Duration.Input
  readonly timeout: Duration.Input
  readonly successThreshold: number
  readonly failureThreshold: number
}

export interface ProbeListener {
  /** So many successes in a row as it takes: at first, and after each time that it has failed. */
  readonly passed: Effect.Effect<void>
  /** So many failures in a row as it takes, after it has passed. */
  readonly failed: (problem: string) => Effect.Effect<void>
  /** Each failure. */
  readonly problem: (problem: string) => void
}

type Timed = Omit<LivenessProbe, "exec" | "http" | "tcp">

/** What a specification says of when. */
export const timingOf = (probe: Timed): ProbeTiming => {
  const { initialDelay, timeout, successThreshold, failureThreshold } = { ...daemonDefaults.probe, ...probe }
  return {
    initialDelay: initialDelay as Duration.Input,
    timeout: timeout as Duration.Input,
    successThreshold,
    failureThreshold,
    startingPeriod: (probe.period ?? daemonDefaults.startingPeriod) as Duration.Input,
    period: (probe.period ?? daemonDefaults.period) as Duration.Input
  }
}

/** Probes for ever. `hasPassed`: whether it begins as if it had passed. */
export const runProbe = (
  check: Check,
  timing: ProbeTiming,
  listener: ProbeListener,
  hasPassed = false
): Effect.Effect<never> =>
  Effect.gen(function* () {
    let isPassing = hasPassed
    let hasEverPassed = hasPassed
    let inARow = 0
    yield* Effect.sleep(timing.initialDelay)
    for (;;) {
      const problem = yield* look(check, timing.timeout)
      if (problem !== undefined) listener.problem(problem)
      inARow = (problem === undefined) === isPassing ? 0 : inARow + 1
      if (inARow >= (isPassing ? timing.failureThreshold : timing.successThreshold)) {
        isPassing = !isPassing
        hasEverPassed = true
        inARow = 0
        yield* problem === undefined ? listener.passed : listener.failed(problem)
      }
      yield* Effect.sleep(hasEverPassed ? timing.period : timing.startingPeriod)
    }
  })

/** What is wrong, or nothing. */
const look = (check: Check, timeout: Duration.Input): Effect.Effect<string | undefined> =>
  check.pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail("it took too long") }),
    Effect.result,
    Effect.map((result) => (Result.isFailure(result) ? result.failure : undefined))
  )
