/**
 * What in a policy grants more than it seems to: a program that runs other programs, with arguments that the client
 * chooses. A warning, no more: whoever wrote it may have meant it.
 *
 * Nothing is looked up on any machine, and no expression of the policy is run.
 */
import * as Schema from "effect/Schema"
import { type DangerousProgram, dangerOf } from "./dangerous-programs.ts"
import { isDangerousName } from "./environment-names.ts"
import { expressionBeginnings } from "./expression-beginnings.ts"
import type { ArgumentPattern, CommandGrant, Policy } from "./Policy.ts"

export const PolicyWarning = Schema.Struct({
  /** Where in the policy: `commands[2].args[0][1]`. */
  place: Schema.String,
  /** The program that it is about, as the policy names it, or the variable, or `shell`. */
  program: Schema.String,
  /** What it lets the client do. */
  why: Schema.String,
  /** What to grant instead. */
  instead: Schema.String
})
export type PolicyWarning = typeof PolicyWarning.Type

/** Everything in a policy that lets its holder run more than is written there, as far as it is known. */
export const policyWarnings = (policy: Policy): ReadonlyArray<PolicyWarning> => [
  ...(policy.shell === true ? [shellWarning] : []),
  ...(policy.commands ?? []).flatMap((grant, index) => ofCommand(grant, `commands[${index}]`)),
  ...(policy.env?.set ?? []).flatMap((name, index) => ofVariable(name, `env.set[${index}]`))
]

const shellWarning: PolicyWarning = {
  place: "shell",
  program: "shell",
  why: "a line of shell runs any command, under the rest of the policy",
  instead: "Name the commands, and the arguments that each may get"
}

const ofVariable = (name: string, place: string): ReadonlyArray<PolicyWarning> => {
  const instead = "Give it a fixed value, as one of `env.values`, or leave it out"
  if (name === "*") {
    const why =
      "the client sets every variable that is not known to be dangerous, and not all that are dangerous are known"
    return [{ place, program: name, why, instead: "Name the variables that are needed" }]
  }
  const why = "what the client sets it to changes what programs do, or which code they run"
  return !name.endsWith("*") && isDangerousName(name) ? [{ place, program: name, why, instead }] : []
}

const ofCommand = ({ command, args }: CommandGrant, place: string): ReadonlyArray<PolicyWarning> => {
  const program = dangerOf(command)
  if (program === undefined) return []
  const warn = (where: string, what: string): PolicyWarning => ({
    place: where,
    program: command,
    why: `${what}, and it ${program.how.startsWith("`") ? `can more: ${program.how}` : program.how}`,
    instead: program.instead
  })
  if (args === true) return [warn(`${place}.args`, "its arguments are free")]
  return (args ?? [[]]).flatMap((patterns, alternative) => {
    const found = lookAt(program, patterns)
    if (found === undefined) return []
    const at = args === undefined ? `${place}.args` : `${place}.args[${alternative}]`
    return [warn(found.at === undefined ? at : `${at}[${found.at}]`, found.what)]
  })
}

interface Finding {
  readonly at: number | undefined
  readonly what: string
}

/** The first pattern of an alternative that leaves to the client what the program runs. */
const lookAt = (program: DangerousProgram, patterns: ReadonlyArray<ArgumentPattern>, from = 0): Finding | undefined => {
  let isNamed = false
  for (const [index, pattern] of patterns.entries()) {
    const at = from + index
    if (typeof pattern !== "string") {
      const what = freedomOf(program, pattern, isNamed)
      if (what !== undefined) return { at, what }
      isNamed ||= !("rest" in pattern)
      continue
    }
    const next = patterns[index + 1]
    if (isNamed && program.endsOptions) continue
    if (isDangerousOption(program, pattern)) {
      if (next !== undefined && typeof next !== "string")
        return { at: at + 1, what: `what \`${pattern}\` is given is free` }
      isNamed ||= next !== undefined
    } else if (!pattern.startsWith("-")) {
      if (program.operands === "command") {
        const inner = dangerOf(pattern)
        if (inner !== undefined) return lookAt(inner, patterns.slice(index + 1), at + 1)
        // A time, a number or a variable is not yet the command.
        isNamed ||= !/^[\d.]+[a-z]?$|=/.test(pattern)
      } else if (
        program.verbs.includes(pattern) &&
        patterns.slice(index + 1).some((later) => typeof later !== "string")
      ) {
        return { at: at + 1, what: `what follows \`${pattern}\` is free` }
      } else isNamed = true
    }
  }
  const readsInput = program.stdin && patterns.every((pattern) => ["-", "-s", "-i"].includes(pattern as string))
  return readsInput ? { at: undefined, what: "what it reads is free" } : undefined
}

const isDangerousOption = (program: DangerousProgram, text: string): boolean =>
  program.options.some((option) => option === text)

/** What is free, if anything dangerous is. `isNamed`: what the program runs has been said already. */
const freedomOf = (
  { options, operands, endsOptions }: DangerousProgram,
  pattern: Exclude<ArgumentPattern, string>,
  isNamed: boolean
): string | undefined => {
  if (isNamed && endsOptions) return undefined
  const isOperand = operands === "any" || (operands !== "none" && !isNamed)
  const inner = "rest" in pattern ? pattern.rest : pattern
  const takesOptions = pattern.options === true || (inner !== true && "match" in inner && inner.options === true)
  if (inner === true) {
    if (takesOptions && options.length > 0) return "its options are free"
    return isOperand ? "its arguments are free" : undefined
  }
  if ("anyOf" in inner) return undefined
  const beginnings = expressionBeginnings(inner.match)
  if (takesOptions) {
    const passed = options.find((option) => beginnings.some(({ text, isWhole }) => lets(text, isWhole, option)))
    if (passed !== undefined) return `the expression lets \`${passed}\` by`
  }
  return isOperand && beginnings.some(({ text, isWhole }) => text === "" && !isWhole)
    ? "its arguments are free"
    : undefined
}

/** Whether a text of this beginning can be an option, bundled (`-xc`), abbreviated (`--ev`), or with its value (`--eval=…`). */
const lets = (text: string, isWhole: boolean, option: string): boolean => {
  if (!isWhole && option.startsWith(text)) return true
  if (/^-[^-]$/.test(option)) return /^-[^-]/.test(text) && text.includes(option[1]!)
  const name = text.split("=")[0]!
  return name === option || (option.startsWith("--") && name.length > 2 && option.startsWith(name))
}
