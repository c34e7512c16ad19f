import { BrokerUnavailable, type Pid, ProcessNotFound, type ProcessTarget } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import type { Process } from "./Process.ts"

/** Ended processes that are still known. Higher: `list` and `get` reach further back. Lower: less memory. */
const MAX_ENDED = 256
/** Length of their command lines and of what is kept of their output, all in all. A client can make each megabytes long. */
const MAX_ENDED_LENGTH = 16 * 1024 * 1024

/** Every process of the broker: those that run, and the last of those that have ended. */
export class Registry {
  readonly #live = new Map<string, Process>()
  readonly #ended = new Map<string, Process>()
  #endedLength = 0
  #closed = false
  /** Processes that have been added so far. */
  total = 0

  get live(): ReadonlyArray<Process> {
    return [...this.#live.values()]
  }

  /** All that are known, in the order in which they were added. */
  get all(): ReadonlyArray<Process> {
    return [...this.#ended.values(), ...this.#live.values()]
  }

  /** From here on nothing is added: whoever shuts down has seen everything that there is. */
  close(): void {
    this.#closed = true
  }

  add(process: Process): Effect.Effect<void, BrokerUnavailable> {
    return Effect.suspend(() => {
      if (this.#closed) return Effect.fail(new BrokerUnavailable({ reason: "it is shutting down" }))
      this.total++
      this.#live.set(process.id, process)
      return Effect.void
    })
  }

  ended(process: Process): void {
    if (!this.#live.delete(process.id)) return
    this.#ended.set(process.id, process)
    this.#endedLength += lengthOf(process)
    while (this.#ended.size > MAX_ENDED || this.#endedLength > MAX_ENDED_LENGTH) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const [id, process] = this.#ended.entries().next().value!
    this.#ended.delete(id)
    this.#endedLength -= lengthOf(process)
  }

  /** A process by its name; none that `visible` does not admit. */
  get(id: string, visible: (process: Process) => boolean): Effect.Effect<Process, ProcessNotFound> {
    const process = this.#live.get(id) ?? this.#ended.get(id)
    return process !== undefined && visible(process)
      ? Effect.succeed(process)
      : Effect.fail(new ProcessNotFound({ id }))
  }

  /**
   * A process by its name, or one that still runs by its PID. Only processes of this broker have either.
   */
  find(target: ProcessTarget, visible: (process: Process) => boolean): Effect.Effect<Process, ProcessNotFound> {
    return "id" in target ? this.get(target.id, visible) : this.#byPid(target.pid, visible)
  }

  #byPid(pid: Pid, visible: (process: Process) => boolean): Effect.Effect<Process, ProcessNotFound> {
    const process = this.live.find((candidate) => candidate.pid === pid && !candidate.hasExited && visible(candidate))
    return process === undefined ? Effect.fail(new ProcessNotFound({ id: `with PID ${pid}` })) : Effect.succeed(process)
  }
}

const lengthOf = ({ spec, streams }: Process): number =>
  spec.args.reduce((sum, argument) => sum + argument.length, spec.command.length + (streams?.replay.byteLength ?? 0))
