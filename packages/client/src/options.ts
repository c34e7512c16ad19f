import {
  durationMillis,
  InvalidArgument,
  type Signal,
  spawnDefaults,
  SpawnSpec,
  type Stdio,
  strictDecoder,
  type Unread
} from "@spawnbroker/protocol"
import type { InvalidUtf8 } from "./process/decode-text.ts"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"

/** How a process is run. What is absent has the default; what is `undefined` counts as absent. */
export interface SpawnOptions {
  /**
   * The working directory, absolute or from the broker's own. The policy must allow it.
   * @default the broker's own
   */
  readonly cwd?: string | undefined
  /** Variables to add to the environment that the policy gives. Each must be named by the policy. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** @default "pipe" */
  readonly stdin?: Stdio | undefined
  /** @default "pipe" */
  readonly stdout?: Stdio | undefined
  /** @default "pipe" */
  readonly stderr?: Stdio | undefined
  /**
   * Wall time after which the broker ends the process: `killSignal`, then SIGKILL after `forceKillAfter`.
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
   * What ends the process when its scope closes, or its time is up.
   * @default "SIGTERM"
   */
  readonly killSignal?: Signal | undefined
  /**
   * Time between `killSignal` and SIGKILL.
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
   * What becomes of output that is read as text and is not UTF-8: U+FFFD in its place, or the error `Io` with `EILSEQ`.
   * @default "replace"
   */
  readonly invalidUtf8?: InvalidUtf8 | undefined
}

/** Those options of which the broker hears. */
type BrokerOptions = Omit<SpawnOptions, "invalidUtf8">

const decodeSpec = strictDecoder("spawn", SpawnSpec)

/** The specification for a command and its options, or what is wrong with them. Nothing has been sent yet. */
export const toSpec = (
  command: string,
  args: ReadonlyArray<string>,
  options: BrokerOptions
): Result.Result<SpawnSpec, InvalidArgument> => {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(optionNames, name))
  if (unknown !== undefined) {
    const problem = `there is no such option; there are ${Object.keys(optionNames).join(", ")}`
    return Result.fail(new InvalidArgument({ argument: unknown, problem }))
  }
  const { timeout, idleTimeout, startTimeout, forceKillAfter, ...same } = options
  return Result.mapError(
    decodeSpec({
      ...spawnDefaults,
      ...definedOnly(same),
      ...millis({ timeout, idleTimeout, startTimeout, forceKillAfter }),
      command,
      args
    }),
    nameAsOption
  )
}

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
  stdin: true,
  stdout: true,
  stderr: true,
  timeout: true,
  idleTimeout: true,
  startTimeout: true,
  killSignal: true,
  forceKillAfter: true,
  windowBytes: true,
  unread: true,
  waitForEof: true
}

/** Durations have another name in the specification than among the options. */
const nameAsOption = ({ argument, problem }: InvalidArgument): InvalidArgument =>
  argument.endsWith("Ms")
    ? new InvalidArgument({ argument: argument.slice(0, -2), problem: `a duration is expected, such as "5 seconds"` })
    : new InvalidArgument({ argument, problem })

const definedOnly = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
