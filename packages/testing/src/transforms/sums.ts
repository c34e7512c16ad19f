/** The module of the guide to transforms. */
import type { TransformModule } from "@spawnbroker/broker"

export default {
  input: "json",
  start: () => new Map<string, number>(),
  step: (sums, { kind, size }) => sums.set(kind, (sums.get(kind) ?? 0) + size),
  end: (sums, emit) => emit(Object.fromEntries(sums))
} satisfies TransformModule<Map<string, number>, { kind: string; size: number }>
