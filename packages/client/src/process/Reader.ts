import { InvalidArgument, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { ChunkMemory, Incoming } from "./Incoming.ts"
import { nextOf } from "./in-order.ts"

/** The right to take from incoming streams, which only one has at a time. */
export interface Reader {
  /** Takes back what was lent, waits until there is something to take, and answers false if nothing will come any more. */
  readonly more: Effect.Effect<boolean, ProcessError>
}

/** A reader of one stream or several, until the scope closes. `name` is what the user calls them. */
export const openReader = (
  name: string,
  incoming: ReadonlyArray<Incoming>,
  memory: ChunkMemory = "own"
): Effect.Effect<Reader, ProcessError, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) => openReaderIn(scope, name, incoming, memory))

/** The same in a scope that is at hand. There are thousands of readers at a time, so it is made of few parts. */
export const openReaderIn = (
  scope: Scope.Scope,
  name: string,
  incoming: ReadonlyArray<Incoming>,
  memory: ChunkMemory
): Effect.Effect<Reader, ProcessError> =>
  // What has been acquired is released, also if the reader is interrupted now.
  Effect.uninterruptible(
    Effect.suspend((): Effect.Effect<Reader, ProcessError> => {
      if (incoming.length === 0) return Effect.fail(notPiped(name))
      let wake: (() => void) | undefined
      const acquired: Array<Incoming> = []
      const release = (): void => acquired.forEach((each) => each.release())
      for (const each of incoming) {
        const refused = each.acquire(() => wake?.(), memory)
        if (refused !== undefined) {
          release()
          return Effect.fail(refused)
        }
        acquired.push(each)
      }
      const wait = Effect.callback<void>((resume) => {
        for (const each of incoming) each.waits()
        // Looked at again: something may have come since the last look.
        if (hasNews(incoming)) return resume(Effect.void)
        wake = () => resume(Effect.void)
        return Effect.sync(() => (wake = undefined))
      })
      const more: Reader["more"] = Effect.suspend(() => {
        for (const each of incoming) each.takeBack()
        if (nextOf(incoming) !== undefined) return Effect.succeed(true)
        const error = incoming.find((each) => each.error !== undefined)?.error
        if (error !== undefined) return Effect.fail(error)
        return incoming.every((each) => each.isEnded) ? Effect.succeed(false) : Effect.andThen(wait, more)
      })
      return Effect.as(Scope.addFinalizer(scope, Effect.sync(release)), { more })
    })
  )

/** The error for a stream that does not lead to this client. */
export const notPiped = (name: string): InvalidArgument =>
  new InvalidArgument({ argument: name, problem: `it is not piped to this client; ${remedyFor(name)}` })

const remedyFor = (name: string): string => {
  const [, fd] = /^fd(.+)$/.exec(name) ?? []
  return fd === undefined
    ? `spawn with \`${name}: "pipe"\``
    : `spawn with \`additionalFds: { ${fd}: "input" }\`, "output" or "duplex"`
}

const hasNews = (incoming: ReadonlyArray<Incoming>): boolean =>
  nextOf(incoming) !== undefined ||
  incoming.some((each) => each.error !== undefined) ||
  incoming.every((each) => each.isEnded)
