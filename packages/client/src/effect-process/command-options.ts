import type {
  AdditionalFdConfig,
  CommandOptions,
  CommandOutput,
  StandardCommand,
  StdinConfig,
  Signal as EffectSignal
} from "effect/process/ChildProcess"
import { parseFdName } from "effect/process/ChildProcess"
import type { Signal, Stdio } from "@spawnbroker/protocol"
import * as Duration from "effect/Duration"
import type * as PlatformError from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { Shell } from "../connection/DefaultShell.ts"
import type { SpawnOptions } from "../options.ts"
import { badArgument } from "./platform-error.ts"

/** A command of `effect/process`, said in our words. */
export interface BrokeredCommand {
  readonly args: ReadonlyArray<string>
  readonly options: SpawnOptions
  readonly stdin: StdinConfig
  readonly stdout: CommandOutput | undefined
  readonly stderr: CommandOutput | undefined
  readonly fds: ReadonlyMap<number, AdditionalFdConfig>
}

/**
 * What a command means to our client, or what is wrong with it.
 *
 * A process is treated as Effect's Node platform does: nothing is dropped while nobody reads, a stream ends at its real
 * end, a failure ends the rest of the group, and nobody is killed who was not said to be.
 */
export const toBrokered = (command: StandardCommand): Result.Result<BrokeredCommand, PlatformError.PlatformError> => {
  const { options } = command
  if (isGiven(options.shell) && command.args.length > 0) {
    return Result.fail(
      badArgument("The shell option cannot be combined with arguments; pass the whole script as the command")
    )
  }
  const nul = findNul(command)
  if (nul !== undefined) return Result.fail(badArgument(nul))
  const stdin = stdinOf(options)
  const stdout = outputOf(options.stdout)
  const stderr = outputOf(options.stderr)
  const fds = fdsOf(options)
  return Result.succeed({
    args: command.args.map(unwrap),
    stdin,
    stdout,
    stderr,
    fds,
    options: {
      cwd: options.cwd,
      ...environmentOf(options),
      stdin: stdioOf(stdin.stream),
      stdout: stdioOf(stdout),
      stderr: stdioOf(stderr),
      ...(fds.size > 0 && { additionalFds: Object.fromEntries([...fds].map(([fd, { type }]) => [fd, type])) }),
      ...(isGiven(options.shell) && { shell: shellOf(options.shell) }),
      killSignal: toSignal(options.killSignal ?? "SIGTERM"),
      forceKillAfter: options.forceKillAfter ?? Duration.infinity,
      unread: "block",
      waitForEof: true,
      endGroupOnFailure: options.detached !== false
    }
  })
}

/** Two of Effect's names are other names of signals that we have. What the system does not know is refused later. */
export const toSignal = (signal: EffectSignal): Signal =>
  (signal === "SIGIOT" ? "SIGABRT" : signal === "SIGPOLL" ? "SIGIO" : signal) as Signal

const isGiven = (shell: CommandOptions["shell"]): shell is true | string => shell !== undefined && shell !== false

/** The system's own, and not the client's default shell: programs are written for that. */
const shellOf = (shell: true | string): Shell => ({ program: shell === true ? "/bin/sh" : shell, args: ["-c"] })

const unwrap = (value: string | Redacted.Redacted): string =>
  Redacted.isRedacted(value) ? Redacted.value(value) : value

const findNul = ({ command, args, options }: StandardCommand): string | undefined => {
  if (command.includes("\0")) return "The command contains a NUL character"
  const index = args.findIndex((arg) => unwrap(arg).includes("\0"))
  if (index >= 0) return `Argument ${index + 1} contains a NUL character`
  const variable = Object.entries(options.env ?? {}).find(
    ([, value]) => value !== undefined && unwrap(value).includes("\0")
  )
  return variable === undefined ? undefined : `The environment variable ${variable[0]} contains a NUL character`
}

/** What is given replaces the host's environment, or extends it, and then takes from it what is undefined. */
const environmentOf = ({ env, extendEnv }: CommandOptions): Pick<SpawnOptions, "env" | "inheritEnv"> => {
  if (env === undefined) return {}
  const set: Record<string, string> = {}
  const except: Array<string> = []
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) except.push(name)
    else set[name] = unwrap(value)
  }
  return { env: set, inheritEnv: extendEnv === true && { except } }
}

export const stdinOf = ({ stdin = "pipe" }: CommandOptions): StdinConfig =>
  typeof stdin === "string" || Stream.isStream(stdin) ? { stream: stdin } : stdin

export const outputOf = (output: CommandOptions["stdout"]): CommandOutput | undefined =>
  output === undefined || typeof output === "string" || Sink.isSink(output) ? output : output.stream

const stdioOf = (stream: unknown): Stdio => (stream === "ignore" || stream === "inherit" ? stream : "pipe")

const fdsOf = ({ additionalFds = {} }: CommandOptions): ReadonlyMap<number, AdditionalFdConfig> =>
  new Map(
    Object.entries(additionalFds).flatMap(([name, config]) => {
      const fd = parseFdName(name)
      return fd === undefined ? [] : [[fd, config] as const]
    })
  )
