/**
 * A policy as it is enforced: parsed, compiled, and not able to be wrong any more.
 *
 * What a person wrote (`Policy`) may be mistaken; that is found out here, once, when a token is minted.
 */
import { realpathSync } from "node:fs"
import { isAbsolute } from "node:path"
import {
  type CommandGrant,
  durationMillis,
  type EnvironmentGrant,
  InvalidArgument,
  type Policy
} from "@spawnbroker/protocol"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import { type GrantedEnvironment, policyPath } from "./build-environment.ts"
import { type ArgumentGrammar, compileGrammar, GrammarError } from "./match-arguments.ts"

/** One program that may run, and the arguments that it may get. */
export interface CommandRule {
  readonly command: string
  /** Any arguments, or those that fit one of the alternatives. */
  readonly args: "any" | ReadonlyArray<ArgumentGrammar>
}

export interface Grant {
  /** What this was derived from. An act is allowed only if that allows it, too. */
  readonly parent: Grant | undefined
  readonly subject: string
  readonly commands: ReadonlyArray<CommandRule>
  readonly deny: ReadonlyArray<string>
  /** The PATH by which commands are found: that of the policy which the host wrote, whatever was derived from it. */
  readonly path: string
  readonly env: GrantedEnvironment
  /** Real paths. The working directory must be one of these or below one. */
  readonly roots: ReadonlyArray<string>
  readonly shell: boolean
  readonly inheritStdio: boolean
  readonly observe: "own" | "all"
  readonly kill: "own" | "all"
  /** What becomes of the processes of a connection that ends. */
  readonly disconnect: "end" | "keep"
  /** How long its token is good for. */
  readonly expiresMs: number | undefined
}

/** What the broker's own process brings: its environment, its secrets, and where it runs. */
export interface Host {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Values that policies refer to by name. */
  readonly secrets: Readonly<Record<string, string>>
}

/** A grant and all that it was derived from, the youngest first. */
export function* linksOf(grant: Grant): Generator<Grant> {
  for (let link: Grant | undefined = grant; link !== undefined; link = link.parent) yield link
}

/** Parses a policy, or says where it is wrong. `parent`: what it narrows. */
export const parsePolicy = (policy: Policy, host: Host, parent?: Grant): Result.Result<Grant, InvalidArgument> => {
  try {
    const env = parseEnvironment(policy.env ?? {}, host, parent)
    return Result.succeed({
      parent,
      subject: policy.subject,
      commands: (policy.commands ?? []).map(parseCommand),
      deny: policy.deny ?? [],
      path: parent?.path ?? policyPath(env, host.env),
      env,
      roots: policy.cwd === undefined ? [realpathSync.native(host.cwd)] : policy.cwd.map(parseRoot),
      shell: policy.shell ?? false,
      inheritStdio: policy.stdio?.inherit ?? false,
      observe: narrower(parent?.observe, policy.observe ?? "own"),
      kill: narrower(parent?.kill, policy.kill ?? "own"),
      disconnect: parent?.disconnect === "end" ? "end" : (policy.disconnect ?? "end"),
      expiresMs: policy.expires === undefined ? undefined : durationMillis(policy.expires as Duration.Input)
    })
  } catch (cause) {
    if (cause instanceof InvalidArgument) return Result.fail(cause)
    throw cause
  }
}

const narrower = (parent: "own" | "all" | undefined, own: "own" | "all"): "own" | "all" =>
  parent === "own" ? "own" : own

const parseCommand = (grant: CommandGrant, index: number): CommandRule => {
  const { command, args = [[]] } = grant
  if (command.includes("/") && !isAbsolute(command)) {
    throw new InvalidArgument({
      argument: `commands[${index}].command`,
      problem: "a bare name or an absolute path is expected"
    })
  }
  return {
    command,
    args: args === true ? "any" : args.map((patterns, alternative) => parseGrammar(index, alternative, patterns))
  }
}

const parseGrammar = (
  command: number,
  alternative: number,
  patterns: Parameters<typeof compileGrammar>[0]
): ArgumentGrammar => {
  try {
    return compileGrammar(patterns)
  } catch (cause) {
    if (!(cause instanceof GrammarError)) throw cause
    throw new InvalidArgument({
      argument: `commands[${command}].args[${alternative}][${cause.at}]`,
      problem: cause.message
    })
  }
}

/** With the secrets in the place of their names. */
const parseEnvironment = (env: EnvironmentGrant, host: Host, parent: Grant | undefined): GrantedEnvironment => {
  const values = Object.entries(env.values ?? {}).map(([name, value]) => {
    if (typeof value === "string") return [name, value] as const
    const argument = `env.values.${name}`
    // Or a client could have any secret of the host's printed by a program that it may run.
    if (parent !== undefined) throw new InvalidArgument({ argument, problem: "only the host may refer to its secrets" })
    if (!Object.hasOwn(host.secrets, value.secret)) {
      const problem = `the broker has no secret ${JSON.stringify(value.secret)}; give it to \`Broker.start\`, as one of \`secrets\``
      throw new InvalidArgument({ argument, problem })
    }
    return [name, host.secrets[value.secret]!] as const
  })
  return { inherit: env.inherit ?? [], set: env.set ?? [], values: Object.fromEntries(values) }
}

const parseRoot = (root: string, index: number): string => {
  if (!isAbsolute(root))
    throw new InvalidArgument({ argument: `cwd[${index}]`, problem: "an absolute path is expected" })
  try {
    return realpathSync.native(root)
  } catch {
    throw new InvalidArgument({ argument: `cwd[${index}]`, problem: `${root} does not exist` })
  }
}
