/**
 * The one place that says whether something may run, on resolved facts: the file that the command is, the real
 * working directory, the final argument list and environment. What it answers is what runs.
 */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import {
  commandLine,
  type Decision,
  type HostFd,
  InvalidArgument,
  NotFound,
  PermissionDenied,
  SpawnFailed,
  type SpawnSpec,
  streamName,
  traceparent
} from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { type FileIdentity, identityOf } from "../../child/FileIdentity.ts"
import { isVisible } from "../sandbox/bubblewrap-arguments.ts"
import type { SpawnRequest, StdioRequest } from "../spawn/Spawner.ts"
import { refusedTransform } from "./authorize-transforms.ts"
import { buildEnvironment } from "./build-environment.ts"
import type { EffectiveLimits } from "./combine-limits.ts"
import type { EffectiveSandbox } from "./combine-sandbox.ts"
import { type Grant, type Host, linksOf } from "./Grant.ts"
import { Effort } from "./Expressions.ts"
import { exceedsKernel } from "./exceeds-kernel.ts"
import { matchesGrammar } from "./match-arguments.ts"
import { isDenied, names } from "./match-command.ts"
import { isWithinAny, nearestRealPath, realPath } from "./real-path.ts"
import { type ResolvedCommand, resolveCommand, searchPath, type Unresolved } from "./resolve-command.ts"
import { nearestGranted, nearestThere } from "./suggest-command.ts"

/** An act that may be done, exactly as it is here. */
export interface Authorized {
  readonly request: SpawnRequest
  /** The path at which the command was found, its last step as it was named. What is there is the request's `file`. */
  readonly found: string
  /** Why: a rule of each link of the chain, the youngest first. */
  readonly rules: ReadonlyArray<Decision>
  readonly limits: EffectiveLimits
  readonly sandbox: EffectiveSandbox | undefined
}

export type AuthorizeError = PermissionDenied | NotFound | SpawnFailed | InvalidArgument

/** Decides whether `spec` may run under `grant`. */
export const authorize = (grant: Grant, host: Host, spec: SpawnSpec): Result.Result<Authorized, AuthorizeError> => {
  try {
    return Result.succeed(decide(grant, host, spec))
  } catch (cause) {
    if (isRefusal(cause)) return Result.fail(cause)
    throw cause
  }
}

const isRefusal = (cause: unknown): cause is AuthorizeError =>
  cause instanceof PermissionDenied ||
  cause instanceof NotFound ||
  cause instanceof SpawnFailed ||
  cause instanceof InvalidArgument

const decide = (grant: Grant, host: Host, spec: SpawnSpec): Authorized => {
  const directory = decideCwd(grant, host, spec)
  const cwd = directory.path
  const { found, rules } = decideCommand(grant, spec, cwd)
  decideStdio(grant, spec)
  const untransformed = refusedTransform(grant, spec)
  if (untransformed !== undefined) throw untransformed
  if (grant.sandbox !== undefined) checkPlaces(grant, grant.sandbox, cwd)
  const env = withTrace(withMessages(decideEnvironment(grant, spec), spec), spec)
  if (exceedsKernel(spec.args, env)) {
    throw new SpawnFailed({ command: spec.command, args: spec.args, cwd, errno: "E2BIG" })
  }
  return {
    rules,
    found: found.found,
    limits: grant.limits,
    sandbox: grant.sandbox,
    request: {
      file: found.file,
      argv0: nameOf(spec.command, found),
      args: spec.args,
      cwd,
      env,
      stdio: stdioOf(spec),
      expects: [found.identity, directory]
    }
  }
}

/**
 * What the program sees as its own name: the bare name, or where it was found. Never the client's way of writing a path:
 * a shell whose name begins with `-` reads files that no grant speaks of.
 */
const nameOf = (command: string, { found }: ResolvedCommand): string =>
  command.includes("/") || command.startsWith("-") ? found : command

/** Whether the client may run there is settled before whether there is anything there, so that it cannot probe the disk. */
const decideCwd = (grant: Grant, host: Host, spec: SpawnSpec): FileIdentity => {
  const path = resolve(host.cwd, spec.cwd ?? ".")
  const real = realPath(path)
  const place = real ?? nearestRealPath(path)
  const refusing = linksOf(grant).find(({ roots }) => !isWithinAny(roots, place))
  if (refusing !== undefined) {
    throw denied(
      refusing,
      "cwd",
      `the working directory ${path}`,
      "Add it, or a directory above it, to the policy's `cwd`."
    )
  }
  if (real === undefined) throw new NotFound({ subject: "cwd", path })
  const stats = statSync(real, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true)
    throw new InvalidArgument({ argument: "cwd", problem: `${path} is not a directory` })
  return identityOf(real, stats)
}

/** A place that has become a link leads where nobody has allowed anything. */
const checkPlaces = (grant: Grant, sandbox: EffectiveSandbox, cwd: string): void => {
  if (!isVisible(sandbox, cwd)) {
    throw denied(
      grant,
      "sandbox",
      `the working directory ${cwd}, which cannot be seen in its sandbox`,
      "Give another `cwd`, or add it to the policy's `sandbox.read` or `sandbox.write`."
    )
  }
  const moved = [...sandbox.read, ...sandbox.write].find((place) => realPath(place) !== place)
  if (moved === undefined) return
  throw denied(
    grant,
    "sandbox",
    `the place ${moved} in the sandbox, which is gone or has become a link since the token was minted`,
    "Put it back, or mint another token."
  )
}

/** The command is looked up once: all links of a chain have one PATH. */
const decideCommand = (
  grant: Grant,
  spec: SpawnSpec,
  cwd: string
): { readonly found: ResolvedCommand; readonly rules: ReadonlyArray<Decision> } => {
  const unshelled = spec.shell ? linksOf(grant).find(({ shell }) => !shell) : undefined
  if (unshelled !== undefined) {
    throw denied(
      unshelled,
      "shell",
      `the line of shell ${commandLine(spec.command, spec.args)}`,
      "Run a command without a shell, or set `shell: true` in the policy, which allows any command."
    )
  }
  const found = resolveCommand(spec.command, grant.path, cwd)
  const effort = new Effort()
  const rules = linksOf(grant).map((link) => ({
    subject: link.subject,
    rule: ruleFor(link, spec, found, cwd, link === grant, effort)
  }))
  return { found: orThrow(found, spec, grant, cwd), rules }
}

/** The rule by which one link allows a command. `isOwn`: it is the client's own, so what it grants is the client's to know. */
const ruleFor = (
  link: Grant,
  spec: SpawnSpec,
  found: ResolvedCommand | Unresolved,
  cwd: string,
  isOwn: boolean,
  effort: Effort
): string => {
  const denial = link.deny.findIndex((command) => isDenied(command, spec, found, link, cwd))
  if (denial >= 0)
    throw denied(
      link,
      `deny[${denial}]`,
      `the command ${spec.command}`,
      "It is denied by name; a grant cannot change that."
    )
  if (spec.shell) return "shell"

  const rules = [...link.commands.entries()].filter(([, rule]) => names(rule, spec.command, found, link))
  if (rules.length === 0) {
    const nearest = isOwn ? nearestGranted(spec.command, link) : undefined
    throw denied(link, "commands", `the command ${spec.command}`, "Add it to the policy's `commands`.", nearest)
  }
  const fitting = rules.find(
    ([, rule]) => rule.args === "any" || rule.args.some((grammar) => matchesGrammar(grammar, spec.args, effort))
  )
  if (fitting === undefined) {
    throw denied(
      link,
      `commands[${rules[0]![0]}].args`,
      `the arguments of ${commandLine(spec.command, spec.args)}`,
      effort.isSpent
        ? "To match them takes longer than is spent on one command. Pass fewer or shorter ones, or write simpler expressions."
        : "No pattern of this command fits them whole. Add one, or `true` for any."
    )
  }
  return `commands[${fitting[0]}]`
}

/** What was found, or the error that says why it cannot run. */
const orThrow = (
  found: ResolvedCommand | Unresolved,
  { command, args }: SpawnSpec,
  grant: Grant,
  cwd: string
): ResolvedCommand => {
  if (found === "ENOENT") {
    if (command.includes("/")) throw new NotFound({ subject: "command", path: command })
    const nearest = nearestThere(command, grant)
    const searched = searchPath(grant.path)
    throw new NotFound({ subject: "command", path: command, searched, ...(nearest !== undefined && { nearest }) })
  }
  if (typeof found === "string") throw new SpawnFailed({ command, args, cwd, errno: found })
  return found
}

const decideStdio = (grant: Grant, spec: SpawnSpec): void => {
  const inherits = [spec.stdin, spec.stdout, spec.stderr].indexOf("inherit")
  const refusing = inherits < 0 ? undefined : refusingStdio(grant)
  if (refusing === undefined) return
  throw hostStreamDenied(refusing, inherits, "Use `pipe`, or set `stdio: { inherit: true }` in the policy.")
}

/** Decides whether a client may read or write a standard stream of the host itself. It is the same right as `inherit`. */
export const authorizeHostStream = (grant: Grant, fd: HostFd): Result.Result<void, PermissionDenied> => {
  const refusing = refusingStdio(grant)
  return refusing === undefined
    ? Result.succeed(undefined)
    : Result.fail(hostStreamDenied(refusing, fd, "Set `stdio: { inherit: true }` in the policy."))
}

const refusingStdio = (grant: Grant): Grant | undefined => linksOf(grant).find(({ inheritStdio }) => !inheritStdio)

const hostStreamDenied = (grant: Grant, fd: number, hint: string): PermissionDenied =>
  denied(grant, "stdio.inherit", `the host's own ${streamName(fd)}`, hint)

const decideEnvironment = (grant: Grant, spec: SpawnSpec): Readonly<Record<string, string>> => {
  const built = buildEnvironment(linksOf(grant), spec.env ?? {}, spec.inheritEnv)
  if (built.env !== undefined) return built.env
  const what = `the environment variable ${built.refused}`
  throw denied(built.by, "env.set", what, "Add its exact name to the policy's `env.set`.")
}

/** Tells a Node program where its channel for messages is. No client can say so itself. See `subprocess.send` in Node. */
const withMessages = (
  env: Readonly<Record<string, string>>,
  { additionalFds }: SpawnSpec
): Readonly<Record<string, string>> => {
  const ipc = additionalFds.find(({ direction }) => direction === "ipc")
  return ipc === undefined ? env : { ...env, NODE_CHANNEL_FD: String(ipc.fd), NODE_CHANNEL_SERIALIZATION_MODE: "json" }
}

/**
 * Tells a program which span it belongs to, unless the policy says that already. It is the broker that writes it, of digits alone.
 * See W3C Trace Context.
 */
const withTrace = (env: Readonly<Record<string, string>>, { trace }: SpawnSpec): Readonly<Record<string, string>> =>
  trace?.toProcess === true && env.TRACEPARENT === undefined ? { ...env, TRACEPARENT: traceparent(trace) } : env

/** What each descriptor of the child is to be. Between the standard ones and the others there may be gaps. */
const stdioOf = ({ stdin, stdout, stderr, additionalFds }: SpawnSpec): ReadonlyArray<StdioRequest> => {
  const stdio: Array<StdioRequest> = [
    stdin === "pipe" ? "input" : stdin,
    stdout === "pipe" ? "output" : stdout,
    stderr === "pipe" ? "output" : stderr
  ]
  for (const { fd, direction } of additionalFds) {
    while (stdio.length < fd) stdio.push("ignore")
    stdio[fd] = direction === "ipc" ? "duplex" : direction
  }
  return stdio
}

const denied = (grant: Grant, rule: string, what: string, hint: string, nearest?: string): PermissionDenied =>
  new PermissionDenied({ subject: grant.subject, rule, what, hint, ...(nearest !== undefined && { nearest }) })
