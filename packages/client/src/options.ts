import {
  durationMillis,
  type FdDirection,
  InvalidArgument,
  Signal,
  spawnDefaults,
  SpawnSpec,
  type Stdio,
  strictDecoder,
  type Unread
} from "@spawnbroker/protocol"
import type { Shell } from "./connection/DefaultShell.ts"
import type { IpcOption } from "./messages/ProcessMessages.ts"
import type { InvalidUtf8 } from "./process/decode-text.ts"
import type { ChunkMemory } from "./process/Incoming.ts"
import { toStreamTransforms, type TransformOption } from "./transforms/transform-option.ts"
import { findUnknownOption } from "./find-unknown-option.ts"
import { nameAsOption } from "./name-as-option.ts"
import { type StopStep, toStopSteps } from "./operations/stop.ts"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * How a process is run. What is absent has the default; what is `undefined` counts as absent.
 *
 * The type remembers what each stream is connected to, as far as that is known, and so the handle has no member of a
 * stream that is not piped. `SpawnOptions` alone says nothing of that.
 */
export interface SpawnOptions<Stdin extends Stdio = Stdio, Stdout extends Stdio = Stdio, Stderr extends Stdio = Stdio> {
  /**
   * The working directory, absolute or from the broker's own. The policy must allow it.
   * @default the broker's own
   */
  readonly cwd?: string | undefined
  /** Variables to add to the environment that the policy gives. Each must be named by the policy. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /**
   * Whether the process gets the variables that the policy inherits from the host, `PATH` among them: all, none, or all but
   * some. What the policy sets to a fixed value it gets in any case.
   * @default true
   */
  readonly inheritEnv?: boolean | { readonly except: ReadonlyArray<string> } | undefined
  /** @default "pipe" */
  readonly stdin?: Stdin | undefined
  /** @default "pipe" */
  readonly stdout?: Stdout | undefined
  /** @default "pipe" */
  readonly stderr?: Stderr | undefined
  /**
   * Wall time after which the broker ends the process: by its `stop` steps, then SIGKILL.
   * @default none
   */
  readonly timeout?: Duration.Input | undefined
  /**
   * Time without a byte on stdout and stderr after which the broker ends the process in the same way. While nobody takes
   * its output, so that it may be waiting for you, silence does not count.
   * @default none
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * Time that the start may take, where the machine has no room for another process. After it the error is `TimedOut`.
   * @default 30 seconds, then `SpawnFailed` with the errno
   */
  readonly startTimeout?: Duration.Input | undefined
  /**
   * How the process is ended when its scope closes, its time is up, or `stop` is called: at most ten steps, each tried for
   * a while on the whole group, then SIGKILL. None: SIGKILL at once.
   * @default one step: `killSignal` for `forceKillAfter`
   */
  readonly stop?: ReadonlyArray<StopStep> | undefined
  /**
   * The short form of a `stop` of one step: what ends the process. Not beside `stop`.
   * @default "SIGTERM"
   */
  readonly killSignal?: Signal | undefined
  /**
   * Time between `killSignal` and SIGKILL. Not beside `stop`. If it is infinite, the end of the scope waits for the process
   * for ever, for the rest of its group one second, and kills nobody.
   * @default "5 seconds"
   */
  readonly forceKillAfter?: Duration.Input | undefined
  /**
   * Bytes of each output stream that are held while nobody reads. Higher: fewer pauses of the child. Lower: less memory.
   * @default 1 MiB
   */
  readonly windowBytes?: number | undefined
  /**
   * What happens to output that nobody reads once the window is full. `block`: the child waits. `tail`: the oldest bytes
   * are dropped and counted. `auto`: block, until somebody waits for the exit of the process.
   * @default "auto"
   */
  readonly unread?: Unread | undefined
  /**
   * Whether stdout and stderr end only at their real end, even if a grandchild keeps them open. Otherwise they also end
   * 100 ms after the last byte, once the process has exited.
   * @default false
   */
  readonly waitForEof?: boolean | undefined
  /**
   * Descriptors of the process from 3 to 63, at most 32 of them, by their number: bytes go into it (`input`), come out of it
   * (`output`), or both. Each is a socket; the process can wait on it as on its stdin.
   * @default none
   */
  readonly additionalFds?: Readonly<Record<number, "input" | "output" | "duplex">> | undefined
  /**
   * A channel for messages to a Node program, which uses `process.send` and `process.on("message")` and need not know of us.
   * `true`: any JSON both ways. Otherwise the schemas of both directions, and the handle is typed by them: `messages`,
   * `send`, `disconnect`. It takes the first descriptor from 3 on that is free, and needs no grant: it leads here and
   * nowhere else, as stdin and stdout do.
   * @default none
   */
  readonly ipc?: IpcOption | undefined
  /**
   * Runs the command as a line of shell: of the default shell (`true`), or of this one. There are no arguments then; the
   * line is the whole. The policy must have `shell`, which allows any command.
   * @default none
   */
  readonly shell?: true | Shell | undefined
  /**
   * Whether the process is told which span has started it, in its variable `TRACEPARENT` (W3C Trace Context), so that its own
   * spans can belong to that. The broker sets it, and nothing but hexadecimal digits are in it; it needs no grant. Without a
   * span there is none.
   * @default false
   */
  readonly trace?: boolean | undefined
  /**
   * Bytes of output, the last ones of all streams together, that the broker keeps for those who attach later, and for
   * `readOutput`. 0 keeps none.
   * @default 64 KiB; 1 MiB for a process of `start`
   */
  readonly replayBytes?: number | undefined
  /**
   * Whether the rest of its group gets `killSignal`, or the first signal of `stop`, as soon as the process has exited with
   * another code than 0. Otherwise it runs on until the scope closes.
   * @default false
   */
  readonly endGroupOnFailure?: boolean | undefined
  /**
   * What is done with stdout, or with each of both outputs, before anybody gets it, in a thread that is neither the broker's nor
   * this one: a name that the policy's `transforms` has, or that and its options. What it makes is then the output: of `lines`,
   * `stripAnsi` and `gunzip` bytes, of `ndjson` and `digest` values, which `results` decodes. See the guide to transforms.
   * @default none
   */
  readonly transform?: TransformOption | undefined
  /**
   * What becomes of output that is read as text and is not UTF-8: U+FFFD in its place, or the error `Io` with `EILSEQ`.
   * @default "replace"
   */
  readonly invalidUtf8?: InvalidUtf8 | undefined
  /**
   * Whether the chunks of `stdout`, `stderr`, `all` and `getOutputFd` are yours to keep (`own`), or only until you ask for the
   * next (`borrowed`): then their memory is freed. That is for large outputs which are counted, hashed, parsed or fed to
   * another process (`Stream.run(one.stdout, other.stdin)`): this thread need not collect its garbage for them.
   *
   * **Shape**: what has come together is valid together, until the next pull or the end of the stream. A chunk that is kept
   * longer has no bytes (`length` 0). `read`, `readLine` and lines are yours in any case.
   *
   * **Gotchas**: `Stream.runCollect`, `runHead`, `runLast`, `buffer`, `merge` and whatever else takes a chunk before it has
   * handed on the last, or answers one, keep chunks too long. And so does Node where it writes one in the background, as
   * `fs.write`, streams and sockets do: it goes on reading memory that is another's by then, **and writes what it finds there**.
   * Wait until each has been written (its callback, not the answer of `write`), copy
   * (`Stream.map((chunk) => chunk.slice())`), or leave this alone.
   *
   * **Example** (count the bytes of a large output)
   *
   * ```ts
   * import { Broker } from "@spawnbroker/broker"
   * import { Client } from "@spawnbroker/client"
   * import { Effect, Stream } from "effect"
   *
   * const program = Effect.gen(function* () {
   *   const broker = yield* Broker
   *   const token = yield* broker.mint({ subject: "example", commands: [{ command: "head", args: true }] })
   *   const client = yield* Client.connect(yield* broker.openPort(), token)
   *
   *   const head = yield* client.spawn("head", ["-c", "10000000", "/dev/zero"], { chunks: "borrowed" })
   *   const count = yield* Stream.runFold(head.stdout, () => 0, (sum, chunk) => sum + chunk.length)
   *   count // => 10000000
   * })
   *
   * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Broker.layer())))
   * ```
   *
   * @default "own"
   */
  readonly chunks?: ChunkMemory | undefined
}

export type StreamName = "stdin" | "stdout" | "stderr"

/** The streams that lead to the client, or may: of one that is `pipe` or `ignore`, only the run tells. */
export type Piped<Stdin extends Stdio, Stdout extends Stdio, Stderr extends Stdio> =
  | ("pipe" extends Stdin ? "stdin" : never)
  | ("pipe" extends Stdout ? "stdout" : never)
  | ("pipe" extends Stderr ? "stderr" : never)

/** Those options of which the broker hears. A shell has been settled by then. */
export type BrokerOptions = Omit<
  SpawnOptions,
  "invalidUtf8" | "chunks" | "shell" | "ipc" | "additionalFds" | "trace"
> & {
  readonly trace?: SpawnSpec["trace"]
  readonly shell?: Shell | undefined
  readonly additionalFds?: Readonly<Record<number, FdDirection>> | undefined
}

/** What is wrong with that option, if anything is. */
export const checkChunks = (chunks: unknown): InvalidArgument | undefined =>
  chunks === undefined || chunks === "own" || chunks === "borrowed"
    ? undefined
    : new InvalidArgument({ argument: "chunks", problem: '"own" or "borrowed" is expected' })

const decodeSpec = strictDecoder("spawn", SpawnSpec)

/** The specification for a command and its options, or what is wrong with them. Nothing has been sent yet. */
export const toSpec = (
  command: string,
  args: ReadonlyArray<string>,
  options: BrokerOptions
): Result.Result<SpawnSpec, InvalidArgument> => {
  const unknown = findUnknownOption(options, allNames)
  if (unknown !== undefined) return Result.fail(unknown)
  const {
    timeout,
    idleTimeout,
    startTimeout,
    stop,
    killSignal = onlyStep.signal,
    forceKillAfter = onlyStep.forMs,
    additionalFds,
    shell,
    transform,
    ...same
  } = options
  if (stop !== undefined && (options.killSignal ?? options.forceKillAfter) !== undefined) {
    return Result.fail(new InvalidArgument({ argument: "stop", problem: notBeside }))
  }
  return Result.mapError(
    decodeSpec({
      ...spawnDefaults,
      ...definedOnly(same),
      ...millis({ timeout, idleTimeout, startTimeout }),
      stop: toStopSteps(stop ?? [{ signal: killSignal, for: forceKillAfter }]),
      ...(transform !== undefined && { transforms: toStreamTransforms(transform) }),
      ...(additionalFds !== undefined && { additionalFds: fdList(additionalFds) }),
      ...(shell === undefined
        ? { command, args }
        : { command: shell.program, args: [...shell.args, command], shell: true })
    }),
    (mistake) => nameAsOption(stop === undefined ? inShortForm(mistake, killSignal) : mistake)
  )
}

const [onlyStep] = spawnDefaults.stop

const notBeside =
  "it is the long form of `killSignal` and `forceKillAfter`, and cannot be beside them; make them a step"

/** A mistake in the one step of the short form has the name of the option that it came from. */
const inShortForm = (mistake: InvalidArgument, killSignal: unknown): InvalidArgument => {
  if (!mistake.argument.startsWith("stop")) return mistake
  const argument = Schema.is(Signal)(killSignal) ? "forceKillAfterMs" : "killSignal"
  return new InvalidArgument({ argument, problem: mistake.problem })
}

/** Descriptors as the specification has them. A key of an object is text; what is no number is refused there. */
const fdList = (fds: Readonly<Record<number, string>>): ReadonlyArray<unknown> =>
  Object.entries(fds).map(([fd, direction]) => ({ fd: Number(fd), direction }))

/** Durations as the specification has them: in milliseconds, which their names say. */
const millis = (durations: Readonly<Record<string, Duration.Input | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(durations).flatMap(([name, duration]) =>
      duration === undefined ? [] : [[`${name}Ms`, durationMillis(duration)]]
    )
  )

/** Every option. The type keeps the list whole. */
const optionNames: Readonly<Record<keyof BrokerOptions, true>> = {
  cwd: true,
  env: true,
  inheritEnv: true,
  stdin: true,
  stdout: true,
  stderr: true,
  timeout: true,
  idleTimeout: true,
  startTimeout: true,
  stop: true,
  killSignal: true,
  forceKillAfter: true,
  windowBytes: true,
  unread: true,
  waitForEof: true,
  additionalFds: true,
  shell: true,
  trace: true,
  replayBytes: true,
  endGroupOnFailure: true,
  transform: true
}
const allNames = Object.keys(optionNames)

const definedOnly = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
