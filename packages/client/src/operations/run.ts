import { concatBytes, type ExitStatus, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { SpawnOptions } from "../options.ts"
import type { Chunk } from "../process/Incoming.ts"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import type { Spawned } from "./spawn.ts"

export interface RunOptions extends Omit<SpawnOptions, "stdin" | "unread" | "windowBytes"> {
  /** What the process reads. Absent: nothing (`/dev/null`). */
  readonly stdin?: string | Uint8Array | Stream.Stream<Uint8Array | string, ProcessError> | undefined
  /**
   * Bytes of each stream that are kept. What comes after is read and thrown away, and the result says so.
   * @default 16 MiB
   */
  readonly maxOutputBytes?: number | undefined
}

const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** What a process has left behind: how it ended, what it said, how long it took. */
export class RunResult {
  readonly exit: ExitStatus
  /** Output as bytes; the properties without `Bytes` are the same as text. */
  readonly stdoutBytes: Uint8Array
  readonly stderrBytes: Uint8Array
  /** Both streams, in the order in which their chunks arrived. */
  readonly allBytes: Uint8Array
  /** Whether its `timeout` ended it. */
  readonly timedOut: boolean
  /** Whether there was more output than was kept. */
  readonly truncated: boolean
  /** From the request to the last byte. */
  readonly durationMs: number

  constructor(
    fields: Pick<
      RunResult,
      "exit" | "stdoutBytes" | "stderrBytes" | "allBytes" | "timedOut" | "truncated" | "durationMs"
    >
  ) {
    this.exit = fields.exit
    this.stdoutBytes = fields.stdoutBytes
    this.stderrBytes = fields.stderrBytes
    this.allBytes = fields.allBytes
    this.timedOut = fields.timedOut
    this.truncated = fields.truncated
    this.durationMs = fields.durationMs
  }

  /** Decoded as UTF-8, each invalid byte as U+FFFD. */
  get stdout(): string {
    return decoder.decode(this.stdoutBytes)
  }
  get stderr(): string {
    return decoder.decode(this.stderrBytes)
  }
  get all(): string {
    return decoder.decode(this.allBytes)
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** Feeds a process its input, keeps its output, and waits for its end. */
export const runToEnd = (
  { handle, chunks }: Spawned,
  options: RunOptions,
  startedAt: number
): Effect.Effect<RunResult, ProcessError> =>
  Effect.gen(function* () {
    const output = new Collector(options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES)
    yield* Effect.all(
      [Stream.runForEach(chunks, (chunk) => Effect.sync(() => output.add(chunk))), feed(handle, options.stdin)],
      { concurrency: "unbounded", discard: true }
    )
    const exit = yield* handle.exit
    const timedOut = yield* wasTimedOut(handle)
    return new RunResult({
      exit,
      timedOut,
      durationMs: Date.now() - startedAt,
      truncated: output.truncated,
      ...output.bytes
    })
  })

const feed = (handle: ProcessHandle, input: RunOptions["stdin"]): Effect.Effect<void, ProcessError> => {
  if (input === undefined) return Effect.void
  const stream = typeof input === "string" || input instanceof Uint8Array ? Stream.succeed(input) : input
  return Stream.run(stream, handle.stdin).pipe(
    // Whoever runs `head` on a long input does not want to hear that it did not read all of it.
    Effect.catchTag("Io", (error) => (error.errno === "EPIPE" ? Effect.void : Effect.fail(error))),
    Effect.catchTag("AlreadyExited", () => Effect.void)
  )
}

/** The facts that came before the exit are here already. */
const wasTimedOut = (handle: ProcessHandle): Effect.Effect<boolean, ProcessError> =>
  handle.lifecycle.pipe(
    Stream.takeUntil(({ _tag }) => _tag === "Exited"),
    Stream.runFold(
      () => false,
      (timedOut, event) => timedOut || (event._tag === "Killed" && event.by === "timeout")
    )
  )

/** Output as it comes, up to a limit for each stream. */
class Collector {
  readonly #maxBytes: number
  readonly #kept: Array<Chunk> = []
  readonly #keptBytes: Record<string, number> = { stdout: 0, stderr: 0 }
  truncated = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(chunk: Chunk): void {
    const room = this.#maxBytes - this.#keptBytes[chunk.from]!
    const bytes = chunk.bytes.subarray(0, Math.max(0, room))
    if (bytes.byteLength < chunk.bytes.byteLength) this.truncated = true
    if (bytes.byteLength === 0) return
    this.#keptBytes[chunk.from]! += bytes.byteLength
    this.#kept.push({ ...chunk, bytes })
  }

  get bytes(): Pick<RunResult, "stdoutBytes" | "stderrBytes" | "allBytes"> {
    return {
      stdoutBytes: concat(this.#kept.filter(({ from }) => from === "stdout")),
      stderrBytes: concat(this.#kept.filter(({ from }) => from === "stderr")),
      allBytes: concat(this.#kept)
    }
  }
}

const concat = (chunks: ReadonlyArray<Chunk>): Uint8Array => concatBytes(chunks.map(({ bytes }) => bytes))
