import { BrokerUnavailable } from "@spawnbroker/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/**
 * Runs an effect at once. The promise rejects with the error itself, or with the signal's reason where the signal has
 * interrupted it; in that case only after it has cleaned up.
 *
 * Where `scope` closes first, that interrupts it, too.
 */
export const toPromise = <A, E>(
  effect: Effect.Effect<A, E>,
  { scope, signal }: { readonly scope?: Scope.Scope; readonly signal?: AbortSignal | undefined } = {}
): Promise<A> => {
  const fiber = Effect.runFork(effect, signal && { signal })
  if (scope !== undefined) Fiber.runIn(fiber, scope)
  return settle(fiber, signal)
}

/** Runs what cannot fail, and what nothing may cut short: a scope that closes meanwhile waits for it. */
export const toCompletion = (effect: Effect.Effect<void>, scope: Scope.Scope): Promise<void> =>
  settle(Fiber.runIn(Effect.runFork(effect, { uninterruptible: true }), scope), undefined)

/** What a fiber comes to, as a promise. */
export const settle = async <A, E>(fiber: Fiber.Fiber<A, E>, signal: AbortSignal | undefined): Promise<A> => {
  const exit = await new Promise<Exit.Exit<A, E>>((resolve) => void fiber.addObserver(resolve))
  if (Exit.isSuccess(exit)) return exit.value
  if (!Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
  if (signal?.aborted === true) throw signal.reason
  throw new BrokerUnavailable({ reason: "this client has disconnected" })
}
