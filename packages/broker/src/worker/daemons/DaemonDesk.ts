/**
 * What one client may do with the daemons of a broker.
 */
import {
  type DaemonInfo,
  type DaemonSpec,
  LimitExceeded,
  PermissionDenied,
  type ProcessError,
  ProcessNotFound
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { authorizeDaemon } from "../access/authorize-daemon.ts"
import { type Capability, isOf } from "../access/Capability.ts"
import type { Daemon } from "./Daemon.ts"
import type { Daemons } from "./Daemons.ts"
import type { Bus } from "../events/Bus.ts"
import type { Worker } from "../Worker.ts"
import type { LogPage, LogQuery } from "./logs/LogBook.ts"

/** Answers that one connection may wait for at a time. Higher: a client can cost the broker more timers. */
const MAX_WAITING = 256

interface News<A> {
  readonly look: () => Result.Result<A, ProcessError>
  readonly isNew: (seen: A) => boolean
  /** Calls back whenever there may be something new. Answers what ends that. */
  readonly listen: (wake: () => void) => () => void
  readonly waitMs: number
}

export class DaemonDesk {
  readonly #bus: Bus
  readonly #daemons: Daemons
  readonly #capability: Capability
  #waiting = 0

  constructor({ bus, daemons }: Worker, capability: Capability) {
    this.#bus = bus
    this.#daemons = daemons
    this.#capability = capability
  }

  start(asked: ReadonlyArray<string | DaemonSpec>): Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError> {
    return this.#told("startDaemons", this.#daemons.start(this.#capability, asked, this.#mayEnd))
  }

  stop(
    names: ReadonlyArray<string> | undefined,
    forget: boolean
  ): Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError> {
    const meant = names === undefined ? this.#all : this.#toEnd(names)
    return this.#told(
      "stopDaemons",
      Effect.flatMap(meant, (daemons) => this.#daemons.stop(daemons, forget))
    )
  }

  restart(names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<DaemonInfo>, ProcessError> {
    return this.#told("restartDaemons", this.#toEnd(names)).pipe(
      Effect.flatMap((daemons) => this.#daemons.stop(daemons, false)),
      Effect.andThen(this.start(names))
    )
  }

  get list(): Effect.Effect<ReadonlyArray<DaemonInfo>> {
    return Effect.sync(() => this.#daemons.list(this.#mayObserve))
  }

  /** As it is; or, with `after`, as soon as its version is another one, or the time is over. */
  get(name: string, after: number | undefined, waitMs = 0): Effect.Effect<DaemonInfo, ProcessError> {
    return this.#waitFor({
      look: () => Result.map(this.#daemons.find(name, this.#mayObserve), ({ info }) => info),
      isNew: ({ version }) => version !== after,
      listen: (wake) => this.#daemons.onChange(wake),
      waitMs: after === undefined ? 0 : waitMs
    })
  }

  logs(name: string, query: LogQuery, waitMs = 0): Effect.Effect<LogPage, ProcessError> {
    return Effect.flatMap(this.#visible(name), ({ book }) =>
      this.#waitFor({
        look: () => Result.succeed(book.read(query)),
        isNew: ({ lines }) => lines.length > 0,
        listen: (wake) => book.onLine(wake),
        waitMs
      })
    )
  }

  /** Looks now, and again whenever there may be something new, until there is or the time is over. */
  #waitFor<A>({ look, isNew, listen, waitMs }: News<A>): Effect.Effect<A, ProcessError> {
    return Effect.callback((resume) => {
      const first = look()
      if (waitMs === 0 || Result.isFailure(first) || isNew(first.success) || this.#daemons.isClosed) {
        return resume(Effect.fromResult(first))
      }
      if (this.#waiting === MAX_WAITING) {
        return resume(Effect.fail(new LimitExceeded({ limit: "waitingCalls", maximum: MAX_WAITING })))
      }
      this.#waiting++
      const answer = (seen: Result.Result<A, ProcessError>): void => {
        this.#waiting--
        clearTimeout(timer)
        stop()
        resume(Effect.fromResult(seen))
      }
      const stop = listen(() => {
        const seen = look()
        if (Result.isFailure(seen) || isNew(seen.success) || this.#daemons.isClosed) answer(seen)
      })
      // Whoever waits for it may have gone. It keeps nothing alive.
      const timer = setTimeout(() => answer(look()), waitMs).unref()
    })
  }

  /** A refusal is told on the bus. What is another's, and what there is not, is told alike. */
  #told<A>(operation: string, effect: Effect.Effect<A, ProcessError>): Effect.Effect<A, ProcessError> {
    return Effect.tapError(effect, (error) =>
      Effect.sync(() => {
        if (error instanceof PermissionDenied) {
          const { rule, code, what } = error
          this.#bus.tellOf(this.#capability, { _tag: "PermissionDenied", operation, rule, code, target: what })
        }
        if (error instanceof ProcessNotFound) {
          const { code, id } = error
          this.#bus.tellOf(this.#capability, { _tag: "PermissionDenied", operation, rule: "kill", code, target: id })
        }
      })
    )
  }

  get #all(): Effect.Effect<ReadonlyArray<Daemon>, ProcessError> {
    return Effect.suspend(() => {
      const names = this.#daemons.list(this.#mayEnd).map(({ name }) => name)
      const { grant } = this.#capability
      return this.#toEnd(names.filter((name) => Result.isSuccess(authorizeDaemon(grant, name))))
    })
  }

  #toEnd(names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Daemon>, ProcessError> {
    return Effect.forEach(new Set(names), (name) =>
      Effect.andThen(
        Effect.fromResult(authorizeDaemon(this.#capability.grant, name)),
        Effect.suspend(() => Effect.fromResult(this.#daemons.find(name, this.#mayEnd)))
      )
    )
  }

  #visible(name: string): Effect.Effect<Daemon, ProcessError> {
    return Effect.suspend(() => Effect.fromResult(this.#daemons.find(name, this.#mayObserve)))
  }

  readonly #mayObserve = (owner: Capability): boolean =>
    this.#capability.grant.observe === "all" || isOf(owner, this.#capability.tokenId)

  readonly #mayEnd = (owner: Capability): boolean =>
    this.#capability.grant.kill === "all" || isOf(owner, this.#capability.tokenId)
}
