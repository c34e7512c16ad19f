/** Counts what a field says. Only the counts leave the pool, at the end. */
import type { TransformModule } from "@spawnbroker/broker"

export default {
  input: "json",
  start: ({ field = "kind" }) => ({ field: String(field), counts: new Map<string, number>() }),
  step: (state, value, emit) => {
    const { field, counts } = state
    const kind = String(value[field])
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (kind === "tell") emit({ soFar: counts.size })
    return state
  },
  end: ({ counts }, emit) => emit(Object.fromEntries(counts))
} satisfies TransformModule<{ field: string; counts: Map<string, number> }, Record<string, unknown>>
