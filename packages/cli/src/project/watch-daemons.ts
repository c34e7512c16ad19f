import type { ClientHandle } from "@spawnbroker/client"
import type { DaemonInfo, ProcessError } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Screen } from "../screen/Screen.ts"

/** Shows what daemons put out and what becomes of them: until it is interrupted, and then what is still unsaid. */
export class DaemonWatch {
  readonly #client: ClientHandle
  readonly #screen: Screen
  /** The number of the line of each that was shown last. */
  readonly #shown = new Map<string, number>()

  constructor(client: ClientHandle, screen: Screen) {
    this.#client = client
    this.#screen = screen
  }

  /** Without end. Fails if the broker is no longer there. */
  follow(names: ReadonlyArray<string>): Effect.Effect<void, ProcessError> {
    return Effect.forEach(
      names,
      (name) => Effect.all([this.#changes(name), this.#lines(name, true)], unbounded),
      unbounded
    )
  }

  /** What has come since. */
  finish(names: ReadonlyArray<string>): Effect.Effect<void, ProcessError> {
    return Effect.forEach(
      names,
      (name) => Effect.andThen(this.#lines(name, false), Effect.map(this.#client.daemons.get(name), this.#changed)),
      { discard: true }
    )
  }

  readonly #changed = (info: DaemonInfo): void => this.#screen.changed(info)

  #changes(name: string): Effect.Effect<void, ProcessError> {
    return Stream.runForEach(this.#client.daemons.changes(name), (info) => Effect.sync(() => this.#changed(info)))
  }

  #lines(name: string, follow: boolean): Effect.Effect<void, ProcessError> {
    return Stream.runForEach(this.#client.daemons.logs(name, { follow }), (line) =>
      Effect.sync(() => {
        if (line.seq <= (this.#shown.get(name) ?? -1)) return
        this.#shown.set(name, line.seq)
        this.#screen.line(name, line)
      })
    )
  }
}

const unbounded = { concurrency: "unbounded", discard: true } as const
