/**
 * Where a job works: one client, whose processes all get a row on the board.
 *
 * It adds nothing to the client but the counting, and `run`, which feeds a stream that may wait.
 */
import {
  type ClientHandle,
  commandLine,
  type ExitStatus,
  type KilledBy,
  PermissionDenied,
  type ProcessError,
  type ProcessHandle,
  type SpawnOptions
} from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { basename } from "node:path"
import type { Board } from "../board/Board.ts"
import type { Row } from "../board/Row.ts"
import { Unexpected } from "./Job.ts"

/** A process whose bytes are counted. */
export interface Tracked extends Pick<ProcessHandle, "pid" | "stdout" | "stderr" | "kill"> {
  /** Writes a stream to stdin, then closes it. */
  readonly feed: (input: Stream.Stream<Uint8Array, ProcessError>) => Effect.Effect<void, ProcessError>
  readonly exit: Effect.Effect<Ending, ProcessError>
}

export interface Ending {
  readonly exit: ExitStatus
  readonly killedBy: KilledBy | undefined
}

export interface Finished extends Ending {
  readonly stdout: string
  readonly stderr: string
}

export interface RunInput extends SpawnOptions {
  readonly input?: Stream.Stream<Uint8Array, ProcessError>
}

/** What ends a process of the demo, if a polite signal does not: soon, so that Ctrl-C does. */
const FORCE_KILL_AFTER = "500 millis"

export class Desk {
  readonly client: ClientHandle
  readonly rows: Array<Row> = []
  readonly refusals: Array<ProcessError> = []
  /** Done when all processes that wait for each other run. */
  readonly crowd: Effect.Effect<void>
  readonly #board: Board
  readonly #cwd: string

  constructor(board: Board, client: ClientHandle, cwd: string, crowd: Effect.Effect<void>) {
    this.#board = board
    this.client = client
    this.#cwd = cwd
    this.crowd = crowd
  }

  spawn(
    command: string,
    args: ReadonlyArray<string> = [],
    options: SpawnOptions = {}
  ): Effect.Effect<Tracked, ProcessError, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      const row = this.#addRow(command, args)
      // Before the spawn, so that it runs after the end of the process: what nobody waited for is not left as running.
      yield* Effect.addFinalizer(() => Effect.sync(() => this.#board.setState(row, { _tag: "Abandoned" })))
      const process = yield* this.client
        .spawn(command, args, { cwd: this.#cwd, forceKillAfter: FORCE_KILL_AFTER, ...options })
        .pipe(Effect.tapError((error) => Effect.sync(() => this.#board.setState(row, { _tag: "Refused", error }))))
      this.#board.setState(row, { _tag: "Running", pid: process.pid })
      const ending = yield* Effect.forkScoped(this.#watch(row, process))
      return this.#track(row, process, ending)
    })
  }

  /** Runs a process to its end and keeps its output as text. */
  run(
    command: string,
    args: ReadonlyArray<string> = [],
    { input, ...options }: RunInput = {}
  ): Effect.Effect<Finished, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      const process = yield* this.spawn(command, args, { stdin: input === undefined ? "ignore" : "pipe", ...options })
      const [stdout, stderr] = yield* Effect.all(
        [text(process.stdout), text(process.stderr), input === undefined ? Effect.void : process.feed(input)],
        { concurrency: "unbounded" }
      )
      return { stdout, stderr, ...(yield* process.exit) }
    }).pipe(Effect.scoped)
  }

  /** Asks for what the policy does not allow. It is unexpected if it runs. */
  refused(
    command: string,
    args: ReadonlyArray<string> = [],
    options: SpawnOptions = {}
  ): Effect.Effect<PermissionDenied, ProcessError | Unexpected> {
    return this.spawn(command, args, options).pipe(
      Effect.scoped,
      Effect.andThen(Effect.fail(new Unexpected({ problem: "it was allowed" }))),
      Effect.catchTag("PermissionDenied", (denial) =>
        Effect.sync(() => {
          this.refusals.push(denial)
          return denial
        })
      )
    )
  }

  #addRow(command: string, args: ReadonlyArray<string>): Row {
    const row = this.#board.addRow(this.client.subject as Row["client"], commandLine(basename(command), args))
    this.rows.push(row)
    return row
  }

  /** Not through `exit`: waiting for that would let unread output be dropped. */
  #watch(row: Row, process: ProcessHandle): Effect.Effect<Ending, ProcessError> {
    return Effect.gen({ self: this }, function* () {
      const events = yield* process.lifecycle.pipe(
        Stream.takeUntil(({ _tag }) => _tag === "Exited"),
        Stream.runCollect
      )
      const killedBy = events.find((event) => event._tag === "Killed")?.by
      const exit = events.find((event) => event._tag === "Exited")?.status ?? (yield* process.exit)
      this.#board.setState(row, { _tag: "Ended", exit, killedBy })
      return { exit, killedBy }
    })
  }

  #track(row: Row, process: ProcessHandle, ending: Fiber.Fiber<Ending, ProcessError>): Tracked {
    const counted = <E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> =>
      Stream.tap(stream, (chunk) => Effect.sync(() => this.#board.addBytes(row, chunk.byteLength)))
    return {
      pid: process.pid,
      kill: process.kill,
      stdout: counted(process.stdout),
      stderr: counted(process.stderr),
      feed: (input) => Stream.run(counted(input), process.stdin),
      exit: Effect.andThen(process.exit, Fiber.join(ending))
    }
  }
}

const text = (bytes: Stream.Stream<Uint8Array, ProcessError>): Effect.Effect<string, ProcessError> =>
  bytes.pipe(Stream.decodeText, Stream.mkString)
