/** Never comes back from a line that says so: a native expression that explodes. */
import type { TransformModule } from "@spawnbroker/broker"

export default {
  input: "lines",
  step: (_, line, emit) => {
    if (line === "hang") /^(?:a+)+$/.test(`${"a".repeat(60)}!`)
    emit(line)
  }
} satisfies TransformModule<void, string>
