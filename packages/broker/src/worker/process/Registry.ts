import { BrokerUnavailable, type Pid, ProcessNotFound, type ProcessTarget } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { type Capability, rootOf } from "../access/Capability.ts"
import type { Process } from "./Process.ts"

/** Bytes that went by the broker. `other`: of descriptors from 3 on. */
export interface PassedBytes {
  stdin: number
  stdout: number
  stderr: number
  other: number
}

/**
 * Ended processes of one token, and of those derived from it, that are still known. Higher: `list` and `get` reach further
 * back. Lower: less memory.
 */
const MAX_ENDED = 256
/**
 * Length of their command lines and of what is kept of their output, all in all. A client can make each megabytes long; the
 * youngest is known in any case.
 */
const MAX_ENDED_LENGTH = 16 * 1024 * 1024

/** The ended processes of one token that the host has minted: no other's can push them out. */
interface Ended {
  readonly processes: Set<Process>
  length: number
}

/** The key of what tokens have left that are over. There is no such token. */
const OVER = ""

/** Every process of the broker: those that run, and the last of those that have ended. */
export class Registry {
  readonly #live = new Map<string, Process>()
  readonly #ended = new Map<string, Process>()
  readonly #endedOf = new Map<string, Ended>()
  readonly #isOver: (capability: Capability) => boolean
  /** Of processes that are known no more. */
  readonly #forgotten: PassedBytes = { stdin: 0, stdout: 0, stderr: 0, other: 0 }
  #closed = false
  /** Processes that have been added so far. */
  total = 0

  /** `isOver`: whether a token is no longer good. */
  constructor(isOver: (capability: Capability) => boolean) {
    this.#isOver = isOver
  }

  get live(): ReadonlyArray<Process> {
    return [...this.#live.values()]
  }

  /** All that are known, in the order in which they were added. */
  get all(): ReadonlyArray<Process> {
    return [...this.#ended.values(), ...this.#live.values()].toSorted((one, other) => one.order - other.order)
  }

  /** Bytes of all processes so far. */
  get bytes(): Readonly<PassedBytes> {
    const bytes = { ...this.#forgotten }
    for (const process of this.#ended.values()) addBytes(bytes, process)
    for (const process of this.#live.values()) addBytes(bytes, process)
    return bytes
  }

  /** From here on nothing is added: whoever shuts down has seen everything that there is. */
  close(): void {
    this.#closed = true
  }

  add(process: Process): Effect.Effect<void, BrokerUnavailable> {
    return Effect.suspend(() => {
      if (this.#closed) return Effect.fail(new BrokerUnavailable({ reason: "it is shutting down" }))
      process.order = ++this.total
      this.#live.set(process.id, process)
      return Effect.void
    })
  }

  ended(process: Process): void {
    if (!this.#live.delete(process.id)) return
    this.#ended.set(process.id, process)
    const root = rootOf(process.owner)
    this.#keep(this.#isOver(root) ? OVER : root.tokenId, process)
  }

  /** A token that the host has minted is over. Its ended processes make room for one another with those of all such. */
  tokenOver(tokenId: string): void {
    const left = this.#endedOf.get(tokenId)
    this.#endedOf.delete(tokenId)
    for (const process of left?.processes ?? []) this.#keep(OVER, process)
  }

  #keep(key: string, process: Process): void {
    const ended = this.#endedOf.get(key) ?? { processes: new Set(), length: 0 }
    this.#endedOf.set(key, ended)
    ended.processes.add(process)
    ended.length += lengthOf(process)
    for (const oldest of ended.processes) {
      if (oldest === process || (ended.processes.size <= MAX_ENDED && ended.length <= MAX_ENDED_LENGTH)) return
      ended.processes.delete(oldest)
      ended.length -= lengthOf(oldest)
      this.#ended.delete(oldest.id)
      addBytes(this.#forgotten, oldest)
    }
  }

  /** A process by its name, whosever it is. */
  known(id: string): Process | undefined {
    return this.#live.get(id) ?? this.#ended.get(id)
  }

  /** The same; none that `visible` does not admit. */
  get(id: string, visible: (process: Process) => boolean): Effect.Effect<Process, ProcessNotFound> {
    const process = this.known(id)
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

const addBytes = (sum: PassedBytes, { streams }: Process): void => {
  if (streams === undefined) return
  const { stdin, stdout, stderr } = streams.bytes
  sum.stdin += stdin
  sum.stdout += stdout
  sum.stderr += stderr
  sum.other += streams.otherBytes
}

const lengthOf = ({ spec, streams }: Process): number =>
  spec.args.reduce((sum, argument) => sum + argument.length, spec.command.length + (streams?.replay.byteLength ?? 0))
