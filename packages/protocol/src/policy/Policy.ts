/**
 * What a person writes to say what a client may do: plain data, in code or in a JSON file.
 *
 * Everything that is not granted is denied: the empty policy runs no command and sees nobody's processes.
 *
 * **Example**
 *
 * ```ts
 * const reader: Policy = {
 *   subject: "panel:git",
 *   commands: [{ command: "git", args: [["status", { rest: { anyOf: ["--short", "--branch"] } }]] }]
 * }
 * ```
 */
import * as Schema from "effect/Schema"
import { DurationText } from "../process/DurationText.ts"
import { CommandName, EnvironmentName, Text } from "../process/SpawnSpec.ts"
import { TransformName } from "../transforms/TransformUse.ts"
import { DaemonGrant } from "./DaemonGrant.ts"
import { HistoryGrant } from "./HistoryGrant.ts"
import { Limits } from "./Limits.ts"
import { Sandbox } from "./Sandbox.ts"

const NonEmpty = Schema.String.check(Schema.isMinLength(1))

/** A regular expression (RE2 syntax, linear time) for one whole argument of at most 4,096 characters. */
const Match = Schema.Struct({
  /** Matched whole, as `^(?:…)$`, without flags. */
  match: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1000)),
  /** Whether an argument that begins with `-` may match. */
  options: Schema.optionalKey(Schema.Boolean)
})

/** Words, each of which may be there, in any order and any number. One that begins with `-` was meant. */
const AnyOf = Schema.Struct({
  /** The words. */
  anyOf: Schema.Array(Schema.String)
})

/** All further arguments. Must come last. */
const Rest = Schema.Struct({
  /** Any (`true`), those of a list, or those that an expression matches. */
  rest: Schema.Union([Schema.Literal(true), AnyOf, Match]),
  /** Whether arguments that begin with `-` may be among them. */
  options: Schema.optionalKey(Schema.Boolean)
})

/** A literal argument, a pattern for one, or a pattern for all that follow. */
export const ArgumentPattern = Schema.Union([Schema.String, Match, Rest])
export type ArgumentPattern = typeof ArgumentPattern.Type

/** One program that may be run. */
export const CommandGrant = Schema.Struct({
  /** A bare name (looked up in the policy's PATH) or an absolute path. */
  command: CommandName,
  /** `true`: any arguments. A list: alternatives, each matched whole. Absent: no arguments at all. */
  args: Schema.optionalKey(Schema.Union([Schema.Literal(true), Schema.Array(Schema.Array(ArgumentPattern))]))
})
export type CommandGrant = typeof CommandGrant.Type

/** Exact names, or a prefix and `*`, which never covers a dangerous name. */
const NamePattern = Schema.String.check(
  Schema.isPattern(/^[^=*\0]*\*?$/u),
  Schema.isMinLength(1),
  Schema.isMaxLength(1024)
)

/** A value that is not written down here: the secret of this name among those that the broker was started with. */
const SecretReference = Schema.Struct({
  /** Its name. */
  secret: NonEmpty.check(Schema.isMaxLength(200))
})

/** What the environment of a child is made of. */
export const EnvironmentGrant = Schema.Struct({
  /** Variables of the host that the child gets, unless the client would rather not. What it must have is for `values`. */
  inherit: Schema.optionalKey(Schema.Array(NamePattern)),
  /** Variables that the client may set. */
  set: Schema.optionalKey(Schema.Array(NamePattern)),
  /** Variables with fixed values. They win over the client's. */
  values: Schema.optionalKey(Schema.Record(EnvironmentName, Schema.Union([Text, SecretReference])))
})
export type EnvironmentGrant = typeof EnvironmentGrant.Type

/** Names of topics of the bus, each whole, or a beginning and `*`. */
const TopicPatterns = Schema.Array(
  Schema.String.check(Schema.isPattern(/^[^*]*\*?$/u), Schema.isMinLength(1), Schema.isMaxLength(200))
)

const Topics = Schema.Struct({
  /** Those on which it may publish. */
  publish: Schema.optionalKey(TopicPatterns),
  /** Those that it may subscribe to. */
  subscribe: Schema.optionalKey(TopicPatterns)
})

const StdioGrant = Schema.Struct({
  /** Whether the host's own stdin, stdout and stderr may be used. */
  inherit: Schema.Boolean
})

const Reach = Schema.Literals(["own", "all"])

/** What a client may do. All that is not granted is denied. */
export const Policy = Schema.Struct({
  /** Where the JSON Schema of this file is, for editors. It says nothing to the broker. */
  $schema: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2048))),
  /** Who this is, in errors, lists and the audit. */
  subject: NonEmpty.check(Schema.isMaxLength(200)),
  /** Programs that may be run. */
  commands: Schema.optionalKey(Schema.Array(CommandGrant)),
  /** Commands that may not be run, whatever else is said. Deny wins. */
  deny: Schema.optionalKey(Schema.Array(CommandName)),
  /** Absent: a minimal environment (PATH), of which the client can set nothing. */
  env: Schema.optionalKey(EnvironmentGrant),
  /**
   * Directories in or under which processes may run. Absent: the broker's own working directory only; of a derived policy:
   * those of what it derives from.
   */
  cwd: Schema.optionalKey(Schema.Array(Text.check(Schema.isMinLength(1)))),
  /** Whether a line of shell may be run: any command at all, under the rest of the policy. Absent: none. */
  shell: Schema.optionalKey(Schema.Boolean),
  /** `inherit`: whether the host's own stdin, stdout and stderr may be used, by its processes and by the client itself. */
  stdio: Schema.optionalKey(StdioGrant),
  /**
   * What becomes of the client's processes when its connection ends: they are ended, or run on and can be attached to with
   * the same token. Absent: they are ended.
   */
  disconnect: Schema.optionalKey(Schema.Literals(["end", "keep"])),
  /** Whose processes the client may see: its own (of its token, and of those derived from it), or everybody's. */
  observe: Schema.optionalKey(Reach),
  /** Whose processes the client may signal. */
  kill: Schema.optionalKey(Reach),
  /** What its processes may use. */
  limits: Schema.optionalKey(Limits),
  /** What its processes can see and reach. Absent: what the host's user can. */
  sandbox: Schema.optionalKey(Sandbox),
  /** Topics of the bus that the client may use. */
  topics: Schema.optionalKey(Topics),
  /** Transforms of the host that the client may have done with the outputs of its processes. Absent: none. */
  transforms: Schema.optionalKey(Schema.Array(TransformName)),
  /** Daemons that the client may have: named processes that are kept running. Absent: none. */
  daemons: Schema.optionalKey(DaemonGrant),
  /** What the broker's history keeps of the processes, where it has one. Only of a policy that the host itself mints. */
  history: Schema.optionalKey(HistoryGrant),
  /** How long the token is good for, from when it is minted. Its sessions end then. Absent: until it is revoked. */
  expires: Schema.optionalKey(DurationText),
  /** What becomes of the client's processes when its token expires: they are ended, or run on. Absent: they run on. */
  expiry: Schema.optionalKey(Schema.Literals(["end", "keep"]))
})
export type Policy = typeof Policy.Type
