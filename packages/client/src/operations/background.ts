import type { ExitStatus, ProcessError, ProcessId } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Session } from "../connection/connect-session.ts"
import type { SpawnOptions } from "../options.ts"
import { commandAttribute, withSpan } from "../trace.ts"
import { specOf } from "./spawn.ts"

/** Options of a process in the background. Nobody reads it as it runs, and its stdin is closed unless it is piped. */
export interface StartOptions extends Omit<SpawnOptions, "unread" | "windowBytes" | "invalidUtf8" | "chunks" | "ipc"> {
  /** @default "ignore" */
  readonly stdin?: SpawnOptions["stdin"]
}

/** What is kept of the output of a process in the background. */
const DEFAULT_REPLAY_BYTES = 1024 * 1024

/** A line of the default shell, or a command and its arguments without one. */
export type BackgroundCommand = string | readonly [command: string, ...args: ReadonlyArray<string>]

/** Starts a process that no scope owns. */
export const start = (
  session: Session,
  line: BackgroundCommand,
  options: StartOptions
): Effect.Effect<ProcessId, ProcessError> =>
  withSpan(
    "spawnbroker.spawn",
    commandAttribute(typeof line === "string" ? line : line[0], typeof line === "string"),
    startUnowned(session, line, options),
    (id) => ({ "spawnbroker.process.id": id })
  )

const startUnowned = (
  session: Session,
  line: BackgroundCommand,
  options: StartOptions
): Effect.Effect<ProcessId, ProcessError> =>
  Effect.gen(function* () {
    yield* session.turn
    const [command, ...args] = typeof line === "string" ? [line] : line
    const defaults: SpawnOptions = {
      stdin: "ignore",
      replayBytes: DEFAULT_REPLAY_BYTES,
      shell: typeof line === "string" ? true : undefined
    }
    const spec = yield* specOf(session, command, args, { ...defaults, ...options })
    return (yield* session.call.start({ spec })).id
  })

/** What a process has put out since it was last asked for. */
export interface BufferedOutput {
  /** Decoded as UTF-8, a character that is not complete comes with the next call; each invalid byte as U+FFFD. */
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Uint8Array
  readonly stderrBytes: Uint8Array
  /** Bytes of each stream that came before these, since the last call, and were no longer kept. */
  readonly dropped: { readonly stdout: number; readonly stderr: number }
  readonly running: boolean
  /** Once it has ended by itself. */
  readonly exitCode: number | undefined
  readonly exit: ExitStatus | undefined
  /** Nothing will follow. */
  readonly ended: boolean
}

/** Reads what the broker has kept, piece by piece, of any number of processes. */
export class OutputReader {
  readonly #session: Session
  readonly #decoders = new Map<ProcessId, ReturnType<typeof newDecoders>>()

  constructor(session: Session) {
    this.#session = session
  }

  read(id: ProcessId): Effect.Effect<BufferedOutput, ProcessError> {
    return Effect.map(this.#session.call.readOutput({ id }), ({ stdout, stderr, status, ended }) => {
      const decoders = this.#decoders.get(id) ?? newDecoders()
      if (ended) this.#decoders.delete(id)
      else this.#decoders.set(id, decoders)
      const decode = (name: "stdout" | "stderr", { bytes, dropped }: typeof stdout): string =>
        (dropped > 0 ? decoders[name].decode() : "") + decoders[name].decode(bytes, { stream: !ended })
      return {
        stdout: decode("stdout", stdout),
        stderr: decode("stderr", stderr),
        stdoutBytes: stdout.bytes,
        stderrBytes: stderr.bytes,
        dropped: { stdout: stdout.dropped, stderr: stderr.dropped },
        running: status.running,
        exitCode: status.exit?._tag === "Exited" ? status.exit.code : undefined,
        exit: status.exit,
        ended
      }
    })
  }
}

const newDecoders = () => ({
  stdout: new TextDecoder("utf-8", { ignoreBOM: true }),
  stderr: new TextDecoder("utf-8", { ignoreBOM: true })
})
