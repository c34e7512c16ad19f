/** Breaks at the third line. */
import type { TransformModule } from "@spawnbroker/broker"

export default {
  input: "lines",
  start: () => 0,
  step: (count, line, emit) => {
    if (count === 2) throw new Error(`it broke at ${line}`)
    emit(line)
    return count + 1
  }
} satisfies TransformModule<number, string>
