import type { LifecycleEvent, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { SpawnOptions } from "../options.ts"
import type { Chunk } from "../process/Incoming.ts"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import { KeptOutput } from "../run/KeptOutput.ts"
import { Lines } from "../run/Lines.ts"
import type { Piece } from "../run/Piece.ts"
import { findMistake, type RunError, type RunOptions, spawnOptionsOf } from "../run/RunOptions.ts"
import { RunResult } from "../run/RunResult.ts"
import { commandAttribute, exitAttribute, withSpan } from "../trace.ts"
import type { Spawned } from "./spawn.ts"

const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/**
 * How long the output of a run that was cancelled is waited for once the process has exited. Longer: more of it is there
 * where a grandchild goes on writing. Shorter: the result comes sooner.
 */
const CANCELLED_OUTPUT_WAIT = "1 second"

/** Runs a process to its end. See `ClientHandle.run`. */
export interface Run {
  <E = never, R = never, Check extends boolean = false>(
    command: string,
    args?: ReadonlyArray<string>,
    options?: RunOptions<E, R, Check>
  ): Effect.Effect<RunResult, RunError<E, Check>, R>
}

type Spawn = (
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
) => Effect.Effect<Spawned, ProcessError, Scope.Scope>

export const makeRun =
  (spawn: Spawn): Run =>
  <E, R, Check extends boolean>(
    command: string,
    args: ReadonlyArray<string> = [],
    options: RunOptions<E, R, Check> = {}
  ) =>
    Effect.suspend((): Effect.Effect<RunResult, RunError<E, Check>, R> => {
      const mistake = findMistake(options)
      if (mistake !== undefined) return Effect.fail(mistake)
      const startedAt = Date.now()
      const ran = Effect.flatMap(spawn(command, args, spawnOptionsOf(options)), (spawned) =>
        runToEnd(spawned, options, startedAt)
      )
      const result = Effect.scoped(ran)
      // The compiler does not see that a run which is not checked has no such error.
      const checked = (
        options.check === true ? Effect.flatMap(result, RunResult.successOrFail) : result
      ) as Effect.Effect<RunResult, RunError<E, Check>, R>
      return withSpan("spawnbroker.run", commandAttribute(command, options.shell !== undefined), checked, exitAttribute)
    })

/** Feeds a process its input, takes its output, and waits for its end, or for a second after a cancelled one. */
export const runToEnd = <E, R>(
  spawned: Spawned,
  options: RunOptions<E, R, boolean>,
  startedAt: number
): Effect.Effect<RunResult, ProcessError | E, R> =>
  Effect.gen(function* () {
    const { handle } = spawned
    const { command, args } = handle.info
    const output = new KeptOutput(options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES, options.keep ?? "head")
    // What feeds it may never end, and has nobody to feed once it has exited.
    const input = Effect.raceFirst(feed(handle, options.stdin), handle.exit)
    // Its exit is waited for from the first, so that it never waits itself for a reader of what nobody reads here.
    const ending = Effect.all([takeOutput(spawned, output, options), input, handle.exit], {
      concurrency: "unbounded",
      discard: true
    })
    let cancelledAt: number | undefined
    const cancelling = Effect.suspend(() => {
      cancelledAt = Date.now()
      return Effect.andThen(stop(handle), Effect.sleep(CANCELLED_OUTPUT_WAIT))
    })
    yield* options.cancel === undefined ? ending : Effect.raceFirst(ending, Effect.andThen(options.cancel, cancelling))
    const exit = yield* handle.exit
    const { timedOutAfterMs, killedBy, limit } = readFacts(spawned.facts())
    return new RunResult({
      command,
      args,
      exit,
      killedBy,
      limit,
      timedOut: timedOutAfterMs !== undefined,
      cancelled: cancelledAt !== undefined,
      stoppedAfterMs: timedOutAfterMs ?? (cancelledAt === undefined ? undefined : cancelledAt - startedAt),
      durationMs: Date.now() - startedAt,
      ...output.finish()
    })
  })

const takeOutput = <E, R>(
  { chunks }: Spawned,
  output: KeptOutput,
  { onLine, invalidUtf8 = "replace", stdout, stderr }: RunOptions<E, R, boolean>
): Effect.Effect<void, ProcessError | E, R> => {
  if (![stdout ?? "pipe", stderr ?? "pipe"].includes("pipe")) return Effect.void
  if (onLine === undefined) return Stream.runForEach(chunks, (chunk) => Effect.sync(() => output.add(toPiece(chunk))))
  const lines = new Lines(onLine, invalidUtf8)
  const taken = Stream.runForEach(chunks, (chunk) => {
    const piece = toPiece(chunk)
    output.add(piece)
    return lines.add(piece)
  })
  return Effect.andThen(taken, lines.end)
}

const toPiece = ({ from, bytes }: Chunk): Piece => ({ from: from === "stderr" ? "stderr" : "stdout", bytes })

const feed = (handle: ProcessHandle, input: RunOptions["stdin"]): Effect.Effect<void, ProcessError> => {
  if (input === undefined) return Effect.void
  const stream = typeof input === "string" || input instanceof Uint8Array ? Stream.succeed(input) : input
  return Stream.run(stream, handle.stdin).pipe(
    // Whoever runs `head` on a long input does not want to hear that it did not read all of it.
    Effect.catchTag("Io", (error) => (error.errno === "EPIPE" ? Effect.void : Effect.fail(error))),
    Effect.catchTag("AlreadyExited", () => Effect.void)
  )
}

/** Tells a process to end as its options say, and waits until it has; not for the others of its group. */
const stop = (handle: ProcessHandle): Effect.Effect<unknown, ProcessError> =>
  Effect.andThen(Effect.raceFirst(handle.stop(), handle.exit), handle.exit)

/** Who ended it, and why, and when its time was up. What came before the exit and the last output is known by now. */
const readFacts = (facts: ReadonlyArray<LifecycleEvent>) => {
  const started = facts.find(({ _tag }) => _tag === "Started")
  const kills = facts.filter((fact) => fact._tag === "Killed")
  const timeout = kills.find(({ by }) => by === "timeout")
  return {
    killedBy: kills[0]?.by,
    limit: facts.find((fact) => fact._tag === "Exceeded")?.limit,
    timedOutAfterMs: timeout && started && timeout.at - started.at
  }
}
