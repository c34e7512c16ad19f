/**
 * Who hears of the signals that a terminal or a supervisor sends: at first whoever ends the whole command; a command that
 * knows better, for as long as it does.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export type Heard = "SIGINT" | "SIGTERM" | "SIGHUP"

export type OnSignal = (signal: Heard) => void

const heard: ReadonlyArray<Heard> = ["SIGINT", "SIGTERM", "SIGHUP"]

const listeners: Array<OnSignal> = []

/** Listens from now on, for as long as the process lives. Without it these signals end it at once. */
export const hearSignals = (first: OnSignal): void => {
  listeners.push(first)
  for (const signal of heard) process.on(signal, () => listeners.at(-1)!(signal))
}

/** Until the scope closes nobody else hears of them. */
export const takeSignals = (listener: OnSignal): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void listeners.push(listener)),
    () => Effect.sync(() => void listeners.splice(listeners.indexOf(listener), 1))
  )

/** Ends this process by a signal, as whoever waits for it expects of one that was interrupted. */
export const dieBy = (signal: NodeJS.Signals): void => {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
