import { atStage, type ProcessError } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Session } from "../connection/connect-session.ts"
import { type Plan, type PlannedStage, planStages } from "../pipeline/plan-stages.ts"
import { PipelineResult } from "../pipeline/PipelineResult.ts"
import type { PipelineOptions, Stage } from "../pipeline/Stage.ts"
import { findMistake, type RunError, type RunOptions } from "../run/RunOptions.ts"
import { RunResult } from "../run/RunResult.ts"
import { runToEnd } from "./run.ts"
import { exitAttribute, withSpan } from "../trace.ts"
import { open, type Spawned, specOf } from "./spawn.ts"

/**
 * Starts the stages of a pipeline, which belong to the current scope: all of them, or none.
 *
 * **Interruption**: at any moment, also while they are being started: nothing is left running.
 */
export const spawnPipeline = (
  session: Session,
  stages: ReadonlyArray<Stage>,
  options: PipelineOptions
): Effect.Effect<ReadonlyArray<Spawned>, ProcessError, Scope.Scope> =>
  Effect.flatMap(Effect.fromResult(planStages(stages, options)), (plan) => start(session, plan))

/** How a pipeline is run to its end. What is about the run is as for `run`. */
export interface RunPipelineOptions<E = never, R = never, Check extends boolean = false>
  extends
    Omit<PipelineOptions, "unread" | "windowBytes" | "chunks">,
    Pick<RunOptions<E, R, Check>, "stdin" | "onLine" | "cancel" | "maxOutputBytes" | "keep" | "check"> {}

/** Runs a pipeline to its end. See `ClientHandle.runPipeline`. */
export const runPipeline = <E, R, Check extends boolean>(
  session: Session,
  stages: ReadonlyArray<Stage>,
  options: RunPipelineOptions<E, R, Check>
): Effect.Effect<PipelineResult, RunError<E, Check>, R> =>
  Effect.suspend((): Effect.Effect<PipelineResult, RunError<E, Check>, R> => {
    const mistake = findMistake(options)
    if (mistake !== undefined) return Effect.fail(mistake)
    const result = Effect.scoped(runStages(session, stages, options))
    // The compiler does not see that a run which is not checked has no such error.
    const checked = (options.check === true ? Effect.tap(result, RunResult.successOrFail) : result) as Effect.Effect<
      PipelineResult,
      RunError<E, Check>,
      R
    >
    return withSpan("spawnbroker.runPipeline", { "spawnbroker.stages": stages.length }, checked, exitAttribute)
  })

const runStages = <E, R>(
  session: Session,
  stages: ReadonlyArray<Stage>,
  { stdin, onLine, cancel, maxOutputBytes, keep, check: _check, ...options }: RunPipelineOptions<E, R, boolean>
): Effect.Effect<PipelineResult, ProcessError | E, R | Scope.Scope> =>
  Effect.gen(function* () {
    const startedAt = Date.now()
    const plan = yield* Effect.fromResult(planStages(stages, options))
    const fed = plan.stages.map((stage, index) => feedOnly(stage, index === 0 && stdin !== undefined))
    const spawned = yield* start(session, { ...plan, stages: fed })
    const cancelled = cancel === undefined ? undefined : yield* once(cancel)
    const results = yield* Effect.forEach(
      spawned,
      (process, index) => {
        const isLast = index === spawned.length - 1
        const { invalidUtf8, stdout, stderr } = fed[index]!.options
        return runToEnd<E, R>(
          process,
          {
            ...{ maxOutputBytes, keep, invalidUtf8, stdout, stderr },
            cancel: cancelled,
            stdin: index === 0 ? stdin : undefined,
            onLine: isLast ? onLine : undefined
          },
          startedAt
        )
      },
      { concurrency: "unbounded" }
    )
    return new PipelineResult(results)
  })

/** Nobody writes to any stage but the first. Of the others, one that reads its stdin all the same finds the end of it. */
const feedOnly = (stage: PlannedStage, isFed: boolean): PlannedStage => {
  const { stdin } = stage.options
  return { ...stage, options: { ...stage.options, stdin: isFed ? "pipe" : stdin === "inherit" ? stdin : "ignore" } }
}

/** An effect that several wait for, and that happens once. */
const once = (effect: Effect.Effect<unknown>): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const done = yield* Deferred.make<void>()
    yield* Effect.forkScoped(Effect.andThen(effect, Deferred.succeed(done, undefined)))
    return Deferred.await(done)
  })

const start = (session: Session, plan: Plan): Effect.Effect<ReadonlyArray<Spawned>, ProcessError, Scope.Scope> =>
  withSpan("spawnbroker.pipeline", { "spawnbroker.stages": plan.stages.length }, startStages(session, plan))

const startStages = (
  session: Session,
  { stages, links }: Plan
): Effect.Effect<ReadonlyArray<Spawned>, ProcessError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(session.turn)
      const specs = yield* Effect.forEach(stages, ({ command, args, options }, index) =>
        Effect.mapError(specOf(session, command, args, options), (error) => atStage(error, index))
      )
      const opened = stages.map(({ options }, index) => open(session, specs[index]!, options))
      const release = Effect.forEach(opened, (each) => each.release, { concurrency: "unbounded", discard: true })
      const wanted = opened.map(({ channel, spec }) => ({ channel, spec }))
      const processes = yield* restore(session.call.pipeline({ stages: wanted, links })).pipe(
        Effect.onError(() => release)
      )
      yield* Effect.addFinalizer(() => release)
      return opened.map(({ spawned }, index) => spawned(processes[index]!))
    })
  )
