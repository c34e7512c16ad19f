/**
 * A policy as it is enforced: parsed, compiled, and not able to be wrong any more.
 *
 * What a person wrote (`Policy`) may be mistaken; that is found out here, once, when a token is minted.
 */
import { realpathSync } from "node:fs"
import { isAbsolute } from "node:path"
import { type CommandGrant, type EnvironmentGrant, InvalidArgument, type Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { policyPath } from "./build-environment.ts"
import { type ArgumentGrammar, compileGrammar, GrammarError } from "./match-arguments.ts"

/** One program that may run, and the arguments that it may get. */
export interface CommandRule {
  readonly command: string
  /** Any arguments, or those that fit one of the alternatives. */
  readonly args: "any" | ReadonlyArray<ArgumentGrammar>
}

export interface Grant {
  readonly subject: string
  readonly commands: ReadonlyArray<CommandRule>
  readonly deny: ReadonlyArray<string>
  /** The PATH by which commands are found. */
  readonly path: string
  readonly env: EnvironmentGrant
  /** Real paths. The working directory must be one of these or below one. */
  readonly roots: ReadonlyArray<string>
  readonly shell: boolean
  readonly inheritStdio: boolean
  readonly observe: "own" | "all"
  readonly kill: "own" | "all"
  /** What becomes of the processes of a connection that ends. */
  readonly disconnect: "end" | "keep"
}

/** What the broker's own process brings: its environment and where it runs. */
export interface Host {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Parses a policy, or says where it is wrong. */
export const parsePolicy = (policy: Policy, host: Host): Result.Result<Grant, InvalidArgument> => {
  try {
    const env = policy.env ?? {}
    return Result.succeed({
      subject: policy.subject,
      commands: (policy.commands ?? []).map(parseCommand),
      deny: policy.deny ?? [],
      path: policyPath(env, host.env),
      env,
      roots: policy.cwd === undefined ? [realpathSync.native(host.cwd)] : policy.cwd.map(parseRoot),
      shell: policy.shell ?? false,
      inheritStdio: policy.stdio?.inherit ?? false,
      observe: policy.observe ?? "own",
      kill: policy.kill ?? "own",
      disconnect: policy.disconnect ?? "end"
    })
  } catch (cause) {
    if (cause instanceof InvalidArgument) return Result.fail(cause)
    throw cause
  }
}

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

const parseRoot = (root: string, index: number): string => {
  if (!isAbsolute(root))
    throw new InvalidArgument({ argument: `cwd[${index}]`, problem: "an absolute path is expected" })
  try {
    return realpathSync.native(root)
  } catch {
    throw new InvalidArgument({ argument: `cwd[${index}]`, problem: `${root} does not exist` })
  }
}
