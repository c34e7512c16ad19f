/**
 * From what a person wrote to what is enforced. A mistake in a policy is found here, once, when a token is minted.
 */
import { type ArgumentPattern, type CommandGrant, InvalidArgument, type Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { isAbsolute } from "node:path"
import { inheritedBy, policyPath } from "./build-environment.ts"
import { combineLimits, limitsOf, quotaOf } from "./combine-limits.ts"
import { Expressions, MAX_COST, MAX_DERIVED_COST } from "./Expressions.ts"
import { type CommandRule, type Grant, type Host, linksOf } from "./Grant.ts"
import { type ArgumentGrammar, compileGrammar, GrammarError } from "./match-arguments.ts"
import { parseDuration } from "./parse-duration.ts"
import { checkLists } from "./check-lists.ts"
import { parseEnvironment } from "./parse-environment.ts"
import { parseDaemons, parseRoots, parseSandbox } from "./parse-places.ts"

/** Parses a policy, or says where it is wrong. `parent`: what it narrows. */
export const parsePolicy = (policy: Policy, host: Host, parent?: Grant): Result.Result<Grant, InvalidArgument> => {
  try {
    return Result.succeed(parse(policy, host, parent))
  } catch (cause) {
    if (cause instanceof InvalidArgument) return Result.fail(cause)
    throw cause
  }
}

const parse = (policy: Policy, host: Host, parent: Grant | undefined): Grant => {
  if (parent !== undefined) checkLists(policy)
  const expressions = new Expressions(parent === undefined ? MAX_COST : MAX_DERIVED_COST)
  const env = parseEnvironment(policy.env ?? {}, host, parent)
  const ancestors = parent === undefined ? [] : linksOf(parent)
  return {
    ancestors,
    subject: parent === undefined ? policy.subject : `${parent.subject}/${policy.subject}`,
    commands: (policy.commands ?? []).map((command, index) => parseCommand(command, index, expressions)),
    deny: policy.deny ?? [],
    path: parent?.path ?? policyPath(env, host.env),
    env,
    inherited: inheritedBy([env, ...ancestors.map((link) => link.env)], host.env),
    roots: parseRoots(policy.cwd, host, parent),
    shell: policy.shell ?? false,
    inheritStdio: policy.stdio?.inherit ?? false,
    observe: parent?.observe === "own" ? "own" : (policy.observe ?? "own"),
    kill: parent?.kill === "own" ? "own" : (policy.kill ?? "own"),
    disconnect: parent?.disconnect === "end" ? "end" : (policy.disconnect ?? parent?.disconnect ?? "end"),
    expiry: parent?.expiry === "end" ? "end" : (policy.expiry ?? "keep"),
    quota: quotaOf(policy.limits ?? {}),
    limits: combineLimits(limitsOf(policy.limits ?? {}), parent?.limits ?? {}),
    sandbox: parseSandbox(policy.sandbox, parent),
    topics: { publish: policy.topics?.publish ?? [], subscribe: policy.topics?.subscribe ?? [] },
    transforms: policy.transforms ?? [],
    daemons: parseDaemons(policy.daemons, parent),
    keptOutputBytes: keptOutputBytes(policy, host, parent),
    expiresMs: policy.expires === undefined ? undefined : parseDuration(policy.expires)
  }
}

/** A client must neither fill the host's disk nor keep its doings out of the host's history. */
const keptOutputBytes = ({ history }: Policy, host: Host, parent: Grant | undefined): number => {
  if (parent === undefined) return host.hasHistory === true ? (history?.output ?? 0) : 0
  if (history === undefined) return parent.keptOutputBytes
  throw new InvalidArgument({
    argument: "history",
    problem: "a derived policy has none: what is kept is said by the host's own policy"
  })
}

const parseCommand = (grant: CommandGrant, index: number, expressions: Expressions): CommandRule => {
  const { command, args = [[]] } = grant
  if (command.includes("/") && !isAbsolute(command)) {
    throw new InvalidArgument({
      argument: `commands[${index}].command`,
      problem: "a bare name or an absolute path is expected"
    })
  }
  return {
    command,
    args:
      args === true
        ? "any"
        : args.map((patterns, alternative) => parseGrammar(index, alternative, patterns, expressions))
  }
}

const parseGrammar = (
  command: number,
  alternative: number,
  patterns: ReadonlyArray<ArgumentPattern>,
  expressions: Expressions
): ArgumentGrammar => {
  try {
    return compileGrammar(patterns, expressions)
  } catch (cause) {
    if (!(cause instanceof GrammarError)) throw cause
    throw new InvalidArgument({
      argument: `commands[${command}].args[${alternative}][${cause.at}]`,
      problem: cause.message
    })
  }
}
