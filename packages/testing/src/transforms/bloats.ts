/** Fills the heap at a line that says so: with small things, with one list, which V8 doubles, or with a few large ones. */
import type { TransformModule } from "@spawnbroker/broker"

const makers = {
  "bloat by objects": (length: number) => ({ kept: [length] }),
  "bloat by numbers": (length: number) => length,
  "bloat by lists": () => Array.from({ length: 1_000_000 }, (_, index) => ({ index }))
}

export default {
  input: "lines",
  step: (_, line, emit) => {
    const kept: Array<unknown> = []
    if (line.startsWith("bloat")) for (;;) kept.push(makers[line as keyof typeof makers](kept.length))
    emit(line)
  }
} satisfies TransformModule<void, string>
