/**
 * What the module of one of the host's own transforms exports as its default.
 *
 * It runs in a thread of the pool, step by step, and not always in the same one: what it knows from one step to the next is its
 * state, which is copied (as `structuredClone` does) and must stay below 1 MiB. What it keeps in variables of its module it may
 * lose, and shares with other processes.
 *
 * **Example** (sums by a field; only the sums ever leave the pool)
 *
 * ```ts
 * import type { TransformModule } from "@spawnbroker/broker"
 *
 * export default {
 *   input: "json",
 *   start: () => new Map<string, number>(),
 *   step: (sums, { kind, size }: { kind: string; size: number }) => sums.set(kind, (sums.get(kind) ?? 0) + size),
 *   end: (sums, emit) => emit(Object.fromEntries(sums))
 * } satisfies TransformModule<Map<string, number>, { kind: string; size: number }>
 * ```
 */
export interface TransformModule<State, Input = any> {
  /**
   * What a step is given: bytes as they come, each line of text, or each line parsed as JSON.
   * @default "bytes"
   */
  readonly input?: "bytes" | "lines" | "json"
  /** The first state. `options` are the client's, and not to be trusted. @default undefined */
  readonly start?: (options: Readonly<Record<string, unknown>>) => State
  /** The next state. Bytes are there during the step only. */
  readonly step: (state: State, input: Input, emit: EmitResult) => State
  /** The process has put out all it will. */
  readonly end?: (state: State, emit: EmitResult) => void
}

/** Sends a result: bytes as they are, anything else as a line of JSON. At most 8 MiB a step. */
export type EmitResult = (result: unknown) => void
