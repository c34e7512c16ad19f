import { InvalidArgument, type ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { ChunkMemory, Incoming, IncomingReader } from "./Incoming.ts"
import { nextOf } from "./in-order.ts"

/**
 * The right to take from incoming streams, which only one has at a time. There are thousands of readers at a time, so it is
 * made of few parts.
 */
export class Reader implements IncomingReader {
  readonly #incoming: ReadonlyArray<Incoming>
  /** Of who waits for more. */
  #resume: ((effect: Effect.Effect<boolean, ProcessError>) => void) | undefined

  constructor(incoming: ReadonlyArray<Incoming>) {
    this.#incoming = incoming
  }

  /** Takes back what was lent, waits until there is something to take, and answers false if nothing will come any more. */
  readonly more: Effect.Effect<boolean, ProcessError> = Effect.suspend(() => {
    for (const each of this.#incoming) each.takeBack()
    if (nextOf(this.#incoming) !== undefined) return isThere
    const error = this.#incoming.find((each) => each.error !== undefined)?.error
    if (error !== undefined) return Effect.fail(error)
    return this.#isEnded ? isOver : this.#wait
  })

  /** Takes them all, or answers why not. */
  acquire(memory: ChunkMemory): InvalidArgument | undefined {
    for (const [index, each] of this.#incoming.entries()) {
      const refused = each.acquire(this, memory)
      if (refused === undefined) continue
      for (const acquired of this.#incoming.slice(0, index)) acquired.release()
      return refused
    }
    return undefined
  }

  release(): void {
    for (const each of this.#incoming) each.release()
  }

  wake(): void {
    this.#resume?.(this.more)
  }

  get #wait(): Effect.Effect<boolean, ProcessError> {
    return Effect.callback((resume) => {
      for (const each of this.#incoming) each.waits()
      // Looked at again: something may have come since the last look.
      if (this.#hasNews) return resume(this.more)
      this.#resume = resume
      return Effect.sync(() => (this.#resume = undefined))
    })
  }

  get #hasNews(): boolean {
    return (
      nextOf(this.#incoming) !== undefined || this.#incoming.some((each) => each.error !== undefined) || this.#isEnded
    )
  }

  get #isEnded(): boolean {
    return this.#incoming.every((each) => each.isEnded)
  }
}

const isThere = Effect.succeed(true)
const isOver = Effect.succeed(false)

/** A reader of one stream or several, until the scope closes. `name` is what the user calls them. */
export const openReader = (
  name: string,
  incoming: ReadonlyArray<Incoming>,
  memory: ChunkMemory = "own"
): Effect.Effect<Reader, ProcessError, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) => openReaderIn(scope, name, incoming, memory))

/** The same in a scope that is at hand. */
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
      const reader = new Reader(incoming)
      const refused = reader.acquire(memory)
      if (refused !== undefined) return Effect.fail(refused)
      return Effect.as(Scope.addFinalizer(scope, releaseOf(reader)), reader)
    })
  )

const releaseOf = (reader: Reader): Effect.Effect<void> => Effect.sync(() => reader.release())

/** The error for a stream that does not lead to this client. */
export const notPiped = (name: string): InvalidArgument =>
  new InvalidArgument({ argument: name, problem: `it is not piped to this client; ${remedyFor(name)}` })

const remedyFor = (name: string): string => {
  const [, fd] = /^fd(.+)$/.exec(name) ?? []
  return fd === undefined
    ? `spawn with \`${name}: "pipe"\``
    : `spawn with \`additionalFds: { ${fd}: "input" }\`, "output" or "duplex"`
}
