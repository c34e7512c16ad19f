import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { DatabaseSync } from "node:sqlite"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"

/**
 * Holds a file for as long as the scope is open, or fails if another process does.
 *
 * Node has no locks on files, but SQLite does: the system gives them back when their process ends, however it ends. A file
 * with a PID in it would have to be believed.
 */
export const lockProject = (file: string): Effect.Effect<void, Failure, Scope.Scope> => hold(file, 0)

/** Waits until nobody holds a project's file. */
export const awaitUnlocked = (file: string): Effect.Effect<void, Failure> => Effect.scoped(hold(file, PATIENCE_MS))

/** How long one that has stopped everything may take to end. */
const PATIENCE_MS = 10_000

const hold = (file: string, patienceMs: number): Effect.Effect<void, Failure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({ try: () => lock(file, patienceMs), catch: (cause) => explain(file, cause) }),
    (held) => Effect.sync(() => held.close())
  ).pipe(Effect.asVoid)

const lock = (file: string, patienceMs: number): DatabaseSync => {
  const held = new DatabaseSync(file, { timeout: patienceMs })
  try {
    held.exec("BEGIN EXCLUSIVE")
    return held
  } catch (cause) {
    held.close()
    throw cause
  }
}

const explain = (file: string, cause: unknown): Failure =>
  (cause as { readonly errcode?: number }).errcode === SQLITE_BUSY
    ? alreadyUp
    : new Failure({ exitCode: exitCodes.unavailable, message: `Cannot lock ${file}: ${String(cause)}` })

export const alreadyUp = new Failure({
  exitCode: exitCodes.unavailable,
  message: "The project is up already. See it with `spawnbroker ps`, end it with `spawnbroker down`.",
  code: "AlreadyUp"
})

const SQLITE_BUSY = 5
