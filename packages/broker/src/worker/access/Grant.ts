/**
 * A policy as it is enforced: parsed, compiled, and not able to be wrong any more. `parse-policy.ts` makes it.
 */
import type { GrantedEnvironment } from "./build-environment.ts"
import type { EffectiveLimits, Quota } from "./combine-limits.ts"
import type { EffectiveSandbox } from "./combine-sandbox.ts"
import type { ArgumentGrammar } from "./match-arguments.ts"

/** One program that may run, and the arguments that it may get. */
export interface CommandRule {
  readonly command: string
  /** Any arguments, or those that fit one of the alternatives. */
  readonly args: "any" | ReadonlyArray<ArgumentGrammar>
}

/** What is to become of processes: they are ended, or run on. */
export type Fate = "end" | "keep"

/**
 * One link of a chain. What has the name of a field of a policy is what this link itself says, unless it is said to be that
 * of the chain.
 */
export interface Grant {
  /** What it was derived from, and so on, up to the policy that the host wrote. */
  readonly ancestors: ReadonlyArray<Grant>
  /** Of a derived one: the subjects of its chain, the host's first, so that nobody can pass for another. */
  readonly subject: string
  readonly commands: ReadonlyArray<CommandRule>
  readonly deny: ReadonlyArray<string>
  /** The PATH by which commands are found: that of the policy which the host wrote, whatever was derived from it. */
  readonly path: string
  readonly env: GrantedEnvironment
  /** Variables of the host that its children get. Of the chain. */
  readonly inherited: ReadonlyArray<readonly [name: string, value: string]>
  /** Real paths. The working directory must be one of these or below one. */
  readonly roots: ReadonlyArray<string>
  readonly shell: boolean
  readonly inheritStdio: boolean
  /** Of the chain. */
  readonly observe: "own" | "all"
  /** Of the chain. */
  readonly kill: "own" | "all"
  /** What becomes of the processes of a connection that ends. Of the chain. */
  readonly disconnect: Fate
  /** What becomes of the processes of a token that expires. Of the chain. */
  readonly expiry: Fate
  /** Counted for this link, and all that was derived from it, together. */
  readonly quota: Quota
  /** Of the chain. */
  readonly limits: EffectiveLimits
  /** Of the chain. */
  readonly sandbox: EffectiveSandbox | undefined
  readonly topics: { readonly publish: ReadonlyArray<string>; readonly subscribe: ReadonlyArray<string> }
  readonly transforms: ReadonlyArray<string>
  readonly daemons: DaemonRules | undefined
  /** The last bytes of the output of each process that the history keeps. Of the policy that the host wrote. */
  readonly keptOutputBytes: number
  /** How long its token is good for. */
  readonly expiresMs: number | undefined
}

/** Which daemons there may be. */
export interface DaemonRules {
  /** Names, each whole, or a beginning and `*`. */
  readonly names: ReadonlyArray<string>
  /** Real paths of directories in or under which their files may be. */
  readonly files: ReadonlyArray<string>
}

/** What the broker's own process brings: its environment, its secrets, and where it runs. */
export interface Host {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Values that policies refer to by name. */
  readonly secrets: Readonly<Record<string, string>>
  /** There is a history. */
  readonly hasHistory?: boolean
}

/** A grant and all that it was derived from, the youngest first. An act is allowed only if all of them allow it. */
export const linksOf = (grant: Grant): ReadonlyArray<Grant> => [grant, ...grant.ancestors]
