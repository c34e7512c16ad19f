import type { ProcessError } from "@spawnbroker/protocol"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TakenBytes } from "./TakenBytes.ts"
import { settle, toPromise } from "./to-promise.ts"
import { Turn } from "./Turn.ts"

type Bytes = Stream.Stream<Uint8Array, ProcessError>
type PullBytes = Pull.Pull<ReadonlyArray<Uint8Array>, ProcessError>

/** One reader's hold on an output: nobody else can read it until this one is closed. */
export class Reader {
  readonly turn = new Turn()
  readonly #pull: PullBytes
  readonly #scope: Scope.Closeable
  readonly #taken: TakenBytes
  readonly #stop: AbortSignal
  #filling: Fiber.Fiber<boolean, ProcessError> | undefined
  #isClosed = false

  /** Rejects if somebody else reads it. */
  static async open(stream: Bytes, taken: TakenBytes, stop: AbortSignal): Promise<Reader> {
    const scope = Scope.makeUnsafe()
    const pulling = Channel.toPullScoped(Stream.toChannel(stream), scope)
    const pull = await toPromise(Effect.onError(pulling, () => Scope.close(scope, Exit.void)))
    return new Reader(pull, scope, taken, stop)
  }

  private constructor(pull: PullBytes, scope: Scope.Closeable, taken: TakenBytes, stop: AbortSignal) {
    this.#pull = pull
    this.#scope = scope
    this.#taken = taken
    this.#stop = stop
  }

  /** Takes what has arrived, or waits for it. Answers whether there was any more. */
  async fill(): Promise<boolean> {
    if (this.turn.isOver) await this.turn.next()
    // In that turn the next reader may have come.
    if (this.#isClosed) return false
    const taking = Effect.map(this.#pull, (chunks) => {
      // In the same step as the taking: an interruption cannot come between, so nothing is lost by one.
      this.#taken.add(chunks)
      return true
    })
    const filling = Effect.runFork(
      Pull.catchDone(taking, () => Effect.succeed(false)),
      // A signal that has been aborted before still lets it take what is here; it only does not wait.
      { signal: this.#stop }
    )
    this.#filling = filling
    const isMore = await settle(filling, this.#stop)
    // The broker closes what it gives up, which must not look like the end.
    if (!isMore) this.#stop.throwIfAborted()
    return isMore
  }

  /** Lets the next reader have it. A `fill` that waits is given up. */
  close(): Promise<void> {
    this.#isClosed = true
    const waiting = this.#filling === undefined ? Effect.void : Fiber.interrupt(this.#filling)
    return toPromise(Effect.andThen(waiting, Scope.close(this.#scope, Exit.void)))
  }
}
