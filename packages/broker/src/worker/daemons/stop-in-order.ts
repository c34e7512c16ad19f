import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Daemon } from "./Daemon.ts"
import { type DependencyGraph, stopOrder } from "./dependencies.ts"
import type { Terms } from "./Incarnation.ts"

/**
 * Stops daemons, those that depend on others first; one that takes long holds up only those on which it depends.
 *
 * `terms`: asked when it is its turn. `turns`: how many are still to be stopped one after the other, this one included.
 */
export const stopInOrder = (
  daemons: ReadonlyArray<Daemon>,
  terms: (daemon: Daemon, turns: number) => Terms | undefined
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const byName = new Map(
      daemons.map((daemon) => [daemon.name, { daemon, stopped: Deferred.makeUnsafe<void>() }] as const)
    )
    const graph: DependencyGraph = new Map(daemons.map(({ name, spec }) => [name, Object.keys(spec.dependsOn ?? {})]))
    return Effect.forEach(
      stopOrder(graph),
      ({ name, after, turns }) => {
        const { daemon, stopped } = byName.get(name)!
        return Effect.forEach(after, (each) => Deferred.await(byName.get(each)!.stopped), { discard: true }).pipe(
          Effect.andThen(Effect.suspend(() => daemon.stop(terms(daemon, turns)))),
          Effect.ensuring(Deferred.succeed(stopped, undefined))
        )
      },
      { concurrency: "unbounded", discard: true }
    )
  })
