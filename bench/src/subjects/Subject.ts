import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Something that can run processes: ours, or what a user would take instead. */
export interface Subject {
  /** Runs a command with its output piped and read to the end, and resolves once it has exited. */
  readonly run: (command: string, args: ReadonlyArray<string>) => Promise<void>
}

/** A subject that is ready. What it needs is given back when the scope closes. */
export type MakeSubject = Effect.Effect<Subject, unknown, Scope.Scope>
