import { MAX_FD, MAX_STAGES } from "@spawnbroker/protocol"
import type { PipeOptions, StandardCommand } from "effect/process/ChildProcess"
import { make, parseFdName } from "effect/process/ChildProcess"
import type { StageInput, StageOutput } from "../pipeline/Stage.ts"
import { outputOf, stdinOf } from "./command-options.ts"

/** A command of a pipeline, and how it gets its input from the one before. */
export interface PipedStage {
  readonly command: StandardCommand
  readonly pipe: PipeOptions
}

/** A command without those streams of it that are joined to others, and which these are. */
export interface JoinedStage {
  readonly command: StandardCommand
  readonly to: StageInput | undefined
  readonly from: StageOutput | undefined
}

/** Commands that are joined, each to the next. Between two of these, the client carries the bytes. */
export type Run = readonly [PipedStage, ...Array<PipedStage>]

/** The commands of a pipeline in as few runs as can be. */
export const runsOf = (stages: ReadonlyArray<PipedStage>): ReadonlyArray<Run> => {
  const runs: Array<[PipedStage, ...Array<PipedStage>]> = []
  for (const [index, stage] of stages.entries()) {
    const run = runs.at(-1)
    const before = stages[index - 1]
    const isLast = index === stages.length - 1
    if (run !== undefined && before !== undefined && canJoin(before, stage, isLast) && run.length < MAX_STAGES)
      run.push(stage)
    else runs.push([stage])
  }
  return runs
}

/** What each command of a run is, beside its neighbours. The pipe into the first is not part of the run. */
export const joinedStages = (run: Run): ReadonlyArray<JoinedStage> =>
  run.map((stage, index) => {
    const to = index === 0 ? undefined : inputName(stage.pipe)
    const next = run[index + 1]
    const from = next === undefined ? undefined : outputName(next.pipe)
    return { command: withoutJoined(stage.command, [to, from]), to, from }
  })

/**
 * Whether two commands can be joined. They cannot where a pipe of the kernel is not what they say:
 *
 * - The output is handed to a Sink, or is no pipe, or a descriptor that goes both ways or is none: what the next one reads
 *   is then something else than what the process writes.
 * - The input goes on after the end of the output (`endOnDone: false`), or is a descriptor that goes both ways.
 * - The input is a further descriptor of the last command, to which the handle's `getInputFd` may write, too.
 */
const canJoin = (source: PipedStage, target: PipedStage, isLast: boolean): boolean => {
  const from = outputName(target.pipe)
  const to = inputName(target.pipe)
  // Its input has replaced that descriptor.
  if (from === inputName(source.pipe)) return false
  return isPlainOutput(source.command, from) && isPlainInput(target.command, to, isLast)
}

const isPlainOutput = ({ options }: StandardCommand, name: StageOutput): boolean => {
  const isPiped = (output: typeof options.stdout) => {
    const to = outputOf(output)
    return to === undefined || to === "pipe" || to === "overlapped"
  }
  if (name === "stdout") return isPiped(options.stdout)
  if (name === "stderr") return isPiped(options.stderr)
  if (name === "all") return isPiped(options.stdout) && isPiped(options.stderr)
  const config = options.additionalFds?.[name]
  return config?.type === "output" && config.sink === undefined && hasNumber(name)
}

const isPlainInput = ({ options }: StandardCommand, name: StageInput, isLast: boolean): boolean =>
  name === "stdin"
    ? stdinOf(options).endOnDone !== false
    : !isLast && options.additionalFds?.[name]?.type !== "duplex" && hasNumber(name)

/** What has none is refused where it is spawned. */
const hasNumber = (name: `fd${number}`): boolean => parseFdName(name)! <= MAX_FD

/** A name that is none means stdout. */
const outputName = ({ from = "stdout" }: PipeOptions): StageOutput => {
  if (from === "stderr" || from === "all") return from
  const fd = parseFdName(from)
  return fd === undefined ? "stdout" : `fd${fd}`
}

/** A name that is none means stdin. */
const inputName = ({ to = "stdin" }: PipeOptions): StageInput => {
  const fd = parseFdName(to)
  return fd === undefined ? "stdin" : `fd${fd}`
}

/** A pipe replaces what else was said of the input. */
const withoutJoined = (command: StandardCommand, joined: ReadonlyArray<string | undefined>): StandardCommand => {
  const { additionalFds = {}, ...options } = command.options
  return make(command.command, command.args, {
    ...options,
    ...(joined.includes("stdin") && { stdin: "pipe" as const }),
    additionalFds: Object.fromEntries(Object.entries(additionalFds).filter(([name]) => !joined.includes(name)))
  })
}
