/** Does what its option says: answers too much, keeps too much, or what cannot be copied, or has no text. */
import type { TransformModule } from "@spawnbroker/broker"

const LARGE_BYTES = 16 * 1024 * 1024

export default {
  input: "lines",
  start: ({ how }) => how,
  step: (how, line, emit) => {
    if (how === "answer") emit("x".repeat(LARGE_BYTES))
    if (how === "keep") return "x".repeat(LARGE_BYTES)
    if (how === "function") return () => line
    if (how === "undefined") emit(undefined)
    if (how === "nothing") throw null
    return how
  }
} satisfies TransformModule<unknown, string>
