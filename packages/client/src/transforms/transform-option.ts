import type { StreamTransforms, TransformUse } from "@spawnbroker/protocol"

/** A transform, by its name alone or with what it is told. */
type One = string | TransformUse

/** One for stdout, or one for each stream that is to have one. */
export type TransformOption = One | { readonly stdout?: One; readonly stderr?: One }

/** As the specification has it. What is wrong with it is found there. */
export const toStreamTransforms = (option: TransformOption): StreamTransforms => {
  if (typeof option === "string" || "name" in option) return { stdout: toUse(option) }
  return Object.fromEntries(
    Object.entries(option).flatMap(([stream, one]) => (one === undefined ? [] : [[stream, toUse(one)]]))
  )
}

const toUse = (one: One): TransformUse => (typeof one === "string" ? { name: one } : one)
