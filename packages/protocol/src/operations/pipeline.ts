import * as Schema from "effect/Schema"
import * as Rpc from "effect/rpc/Rpc"
import { ProcessError } from "../errors/ProcessError.ts"
import { Fd, MAX_FD } from "../process/Fd.ts"
import { SpawnSpec } from "../process/SpawnSpec.ts"
import { Channel } from "../wire/Frame.ts"
import { SpawnedProcess } from "./spawn.ts"

/** Stages of one pipeline at most. Higher lets one call start more processes. */
export const MAX_STAGES = 32

const between = (minimum: number, maximum: number) => Schema.isBetween({ minimum, maximum })

/**
 * What joins a stage to the next: those of its outputs that go into the pipe (stdout, stderr, both, or one from 3 on), and the
 * descriptor from which the next stage reads it (stdin, or one from 3 on).
 */
export const StageLink = Schema.Struct({
  from: Schema.Array(Schema.Int.check(between(1, MAX_FD))).check(Schema.isMinLength(1), Schema.isMaxLength(2)),
  to: Fd.check(Schema.makeFilter((fd) => fd === 0 || fd > 2 || "stdin, or a descriptor from 3 on"))
})
export type StageLink = typeof StageLink.Type

const Stage = Schema.Struct({ channel: Channel, spec: SpawnSpec })

interface Pipeline {
  readonly stages: ReadonlyArray<typeof Stage.Type>
  readonly links: ReadonlyArray<StageLink>
}

/** The descriptors of a stage that its neighbours have the other ends of. */
const linkedFds = (links: ReadonlyArray<StageLink>, stage: number): ReadonlyArray<Fd> => {
  const before = links[stage - 1]
  return [...(before === undefined ? [] : [before.to]), ...(links[stage]?.from ?? [])]
}

/** A descriptor has one end: it is linked, or it is what the specification says. */
const isFree = ({ stdin, stdout, stderr, additionalFds }: SpawnSpec, fd: Fd): boolean =>
  fd > 2 ? additionalFds.every((other) => other.fd !== fd) : [stdin, stdout, stderr][fd] === "ignore"

const eachEndOnce = Schema.makeFilter<Pipeline>(({ stages, links }) => {
  if (links.length !== stages.length - 1) return "one link fewer than there are stages"
  if (new Set(stages.map(({ channel }) => channel)).size < stages.length) return "a channel of its own for each stage"
  for (const [index, { spec }] of stages.entries()) {
    const linked = linkedFds(links, index)
    const isOk = new Set(linked).size === linked.length && linked.every((fd) => isFree(spec, fd))
    if (!isOk) return `stage ${index + 1}: a linked descriptor that is linked once, and that its specification ignores`
  }
  return true
})

/**
 * Starts processes of which each reads what the one before it writes, through a pipe of the kernel: those bytes cross no
 * thread of the broker, are not counted, and not kept.
 *
 * All stages are authorised before any is started. Answers once the operating system has started all of them; if one cannot
 * be started the others are ended first, and the error says which it was (`stage`). Each is the process of its channel, as
 * one of `spawn` is.
 */
export const pipeline = Rpc.make("pipeline", {
  payload: Schema.Struct({
    stages: Schema.Array(Stage).check(Schema.isMinLength(2), Schema.isMaxLength(MAX_STAGES)),
    links: Schema.Array(StageLink).check(Schema.isMaxLength(MAX_STAGES))
  }).check(eachEndOnce),
  success: Schema.Array(SpawnedProcess),
  error: ProcessError
})
