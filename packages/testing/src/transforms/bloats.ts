/** Fills the heap at a line that says so. */
import type { TransformModule } from "@spawnbroker/broker"

export default {
  input: "lines",
  step: (_, line, emit) => {
    const kept: Array<object> = []
    if (line === "bloat") for (;;) kept.push({ kept: [kept.length] })
    emit(line)
  }
} satisfies TransformModule<void, string>
