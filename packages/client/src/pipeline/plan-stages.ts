import { type Fd, InvalidArgument, MAX_FD, MAX_STAGES, type StageLink } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import type { SpawnOptions } from "../options.ts"
import type { PipelineOptions, Stage } from "./Stage.ts"

/** A stage as a command that is spawned, without the streams that are joined. */
export interface PlannedStage {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly options: SpawnOptions
}

export interface Plan {
  readonly stages: ReadonlyArray<PlannedStage>
  readonly links: ReadonlyArray<StageLink>
}

/** What is to be started and how it is joined, or what is wrong with it. Nothing has been sent yet. */
export const planStages = (
  stages: ReadonlyArray<Stage>,
  options: PipelineOptions
): Result.Result<Plan, InvalidArgument> => {
  try {
    return Result.succeed(plan(stages, options))
  } catch (cause) {
    if (cause instanceof InvalidArgument) return Result.fail(cause)
    throw cause
  }
}

const plan = (stages: ReadonlyArray<Stage>, options: PipelineOptions): Plan => {
  if (!Array.isArray(stages) || stages.length < 2 || stages.length > MAX_STAGES) {
    throw invalid("stages", `an array of 2 to ${MAX_STAGES} stages is expected`)
  }
  const misplaced = Object.keys(options).find((name) => Object.hasOwn(ofOneStage, name))
  if (misplaced !== undefined) throw invalid(misplaced, "it is an option of a stage, not of the whole pipeline")
  for (const [index, stage] of stages.entries()) checkStage(stage, index, stages.length)
  const links = stages.slice(1).map((stage, index): StageLink => ({
    from: outputFds(stages[index]!.from ?? "stdout", index),
    to: inputFd(stage.to ?? "stdin", index + 1)
  }))
  return {
    links,
    stages: stages.map(({ command, args = [], options: own = {} }, index) => ({
      command,
      args,
      options: withoutJoined(merge(options, definedOnly(own)), index, links)
    }))
  }
}

/** What says something of one stage only. */
const ofOneStage: Readonly<Record<Exclude<keyof SpawnOptions, keyof PipelineOptions>, true>> = {
  stdin: true,
  stdout: true,
  stderr: true,
  additionalFds: true,
  ipc: true,
  idleTimeout: true,
  shell: true
}

const fields: Readonly<Record<keyof Stage, true>> = { command: true, args: true, options: true, from: true, to: true }

const checkStage = (stage: Stage, index: number, count: number): void => {
  const at = `stages[${index}]`
  if (typeof stage !== "object" || stage === null) throw invalid(at, "an object with a `command` is expected")
  const unknown = Object.keys(stage).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) {
    throw invalid(`${at}.${unknown}`, `there is no such field; there are ${Object.keys(fields).join(", ")}`)
  }
  if (index === 0 && stage.to !== undefined) throw invalid(`${at}.to`, "there is no stage before the first")
  if (index === count - 1 && stage.from !== undefined) throw invalid(`${at}.from`, "there is no stage after the last")
}

const outputs: ReadonlyMap<string, ReadonlyArray<Fd>> = new Map([
  ["stdout", [1]],
  ["stderr", [2]],
  ["all", [1, 2]]
])

const outputFds = (from: string, index: number): ReadonlyArray<Fd> =>
  outputs.get(from) ?? [additionalFd(from, `stages[${index}].from`, '"stdout", "stderr", "all"')]

const inputFd = (to: string, index: number): Fd =>
  to === "stdin" ? 0 : additionalFd(to, `stages[${index}].to`, '"stdin"')

const additionalFd = (name: string, argument: string, others: string): Fd => {
  const fd = Number(/^fd([1-9][0-9]?)$/.exec(name)?.[1])
  if (fd > 2 && fd <= MAX_FD) return fd
  throw invalid(argument, `${others} or "fd3" to "fd${MAX_FD}" is expected`)
}

/** The options of a stage, in which the streams that are joined lead nowhere: what they are joined to is said by the links. */
const withoutJoined = (options: SpawnOptions, index: number, links: ReadonlyArray<StageLink>): SpawnOptions => {
  const joined = [...(index > 0 ? [links[index - 1]!.to] : []), ...(links[index]?.from ?? [])]
  for (const fd of joined) {
    const name = (["stdin", "stdout", "stderr"] as const)[fd]
    const isTaken =
      name === undefined
        ? Object.hasOwn(options.additionalFds ?? {}, fd)
        : options[name] !== undefined && options[name] !== "pipe"
    if (isTaken) {
      throw invalid(
        `stages[${index}].options.${name ?? `additionalFds[${fd}]`}`,
        "it is joined to another stage; leave it out"
      )
    }
  }
  if (new Set(joined).size < joined.length) {
    throw invalid(`stages[${index}]`, "one descriptor cannot be joined to both neighbours")
  }
  if (options.ipc !== undefined && joined.some((fd) => fd > 2)) {
    throw invalid(
      `stages[${index}].options.ipc`,
      "its channel takes the first free descriptor from 3 on; join this stage by its standard streams"
    )
  }
  if (options.idleTimeout !== undefined && joined.some((fd) => fd === 1 || fd === 2)) {
    throw invalid(
      `stages[${index}].options.idleTimeout`,
      "its output goes to the next stage, so its silence is not heard; set it on the last one"
    )
  }
  return {
    ...options,
    ...(joined.includes(0) && { stdin: "ignore" as const }),
    ...(joined.includes(1) && { stdout: "ignore" as const }),
    ...(joined.includes(2) && { stderr: "ignore" as const })
  }
}

/** The options of a stage win, whether it says how it is ended at length or in short. */
const merge = ({ stop, killSignal, forceKillAfter, ...rest }: PipelineOptions, own: SpawnOptions): SpawnOptions => {
  const isEndedItsWay = [own.stop, own.killSignal, own.forceKillAfter].some((value) => value !== undefined)
  return { ...rest, ...(!isEndedItsWay && { stop, killSignal, forceKillAfter }), ...own }
}

const definedOnly = (options: SpawnOptions): SpawnOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

const invalid = (argument: string, problem: string): InvalidArgument => new InvalidArgument({ argument, problem })
