/**
 * The end of a process and its group: its steps in turn, then SIGKILL. There is one for a process, whoever asks for it.
 *
 * The time of a step is one for all of the group: a grandchild that ignores a signal gets the next one when it is over,
 * even if the leader obeyed at once. A step without end is the last: it waits for the leader, however long that takes, and
 * kills nobody.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { isEndless, type KilledBy, type Signal, type StopStep, type StopSteps } from "@spawnbroker/protocol"
import type { Target } from "./Target.ts"

/** Pause between two looks at a group whose leader has gone; no event tells when the last of the others goes. */
const LOOK_AGAIN_MS = 20
/**
 * How long a group gets to be gone after SIGKILL, or after its leader where nobody may be killed. A member in
 * uninterruptible sleep may take longer; it is left.
 */
const LAST_WAIT_MS = 1000

/** What an ending does to its process. */
export interface Endable {
  /** Settles when the leader has exited. */
  readonly exited: Promise<unknown>
  readonly target: (tree: boolean) => Target
  /** Answers whether there was any input to end. */
  readonly closeStdin: () => Promise<boolean>
  /** A signal has found somebody. */
  readonly killed: (signal: Signal, by: KilledBy) => void
}

/** What somebody asks for who wants a process ended. */
export interface EndRequest {
  readonly by: KilledBy
  readonly steps: StopSteps
  /** Time that the steps may take in all. They are shortened in proportion where they would take longer. */
  readonly withinMs: number
  /** Whether descendants out of the group are meant, too. */
  readonly tree: boolean
}

export class Ending {
  /** Resolves once the leader has exited and the others are gone, too. */
  readonly done: Promise<void>
  #by: KilledBy
  #tree: boolean
  /** How long the steps take that are not over, the one that is under way first. */
  readonly #durations: Array<number>
  /** When the step that is under way began. */
  #began: number | undefined
  #shortened = Promise.withResolvers<void>()
  /** Who outlives the leader is left alone: the step has no end, and nobody who has joined wants one. */
  #spares = false

  /** `process` resolves once the process has been started, or to nothing if it could not be. */
  constructor(process: Promise<Endable | undefined>, request: EndRequest) {
    this.#by = request.by
    this.#tree = request.tree
    this.#durations = request.steps.map(({ forMs }) => forMs)
    this.#shorten(request.withinMs)
    this.done = this.#run(process, request.steps)
  }

  /**
   * Somebody else asks for the same. The steps go on as they are; SIGKILL comes at the earlier of the two times, the steps
   * that are left shortened in proportion, and reaches the tree if either wants that.
   */
  join({ by, steps, withinMs, tree }: EndRequest): void {
    if (tree) this.#tree = true
    const inMs = Math.min(withinMs, sum(steps.map(({ forMs }) => forMs)))
    if (this.#shorten(inMs)) this.#by = by
    if (!isEndless(inMs)) this.#spares = false
  }

  get #elapsedMs(): number {
    return this.#began === undefined ? 0 : Date.now() - this.#began
  }

  #shorten(withinMs: number): boolean {
    const elapsed = this.#elapsedMs
    const left = sum(this.#durations) - elapsed
    if (withinMs >= left) return false
    const [current = 0, ...later] = this.#durations
    const factor = withinMs / left
    const shortened = [elapsed + (current - elapsed) * factor, ...later.map((duration) => duration * factor)]
    this.#durations.splice(0, Infinity, ...shortened)
    this.#shortened.resolve()
    this.#shortened = Promise.withResolvers()
    return true
  }

  async #run(started: Promise<Endable | undefined>, steps: StopSteps): Promise<void> {
    const process = await started
    if (process === undefined) return
    for (const step of steps) {
      if ((await this.#begin(process, step)) && (await this.#isGoneInTime(process))) return
      this.#durations.shift()
    }
    await this.#send(process, "SIGKILL")
    await process.exited
    this.#began = Date.now()
    this.#durations.push(LAST_WAIT_MS)
    await this.#isGoneInTime(process)
  }

  /** Answers whether there is anything to wait for. */
  async #begin(process: Endable, step: StopStep): Promise<boolean> {
    this.#began = Date.now()
    if (step._tag === "CloseStdin") return process.closeStdin()
    await this.#send(process, step.signal)
    return true
  }

  async #send(process: Endable, signal: Signal): Promise<void> {
    await process.target(this.#tree).signal(signal, () => process.killed(signal, this.#by))
  }

  /** Waits until the time of the step that is under way is over, or there is nobody left. */
  async #isGoneInTime(process: Endable): Promise<boolean> {
    let hasExited = false
    void process.exited.then(() => (hasExited = true))
    // So that an exit that is known already counts.
    await Promise.resolve()
    for (;;) {
      if (hasExited && !(await process.target(this.#tree).lives())) return true
      if (hasExited && isEndless(this.#durations[0]!)) {
        this.#spares = true
        this.#durations[0] = this.#elapsedMs + LAST_WAIT_MS
      }
      const left = this.#durations[0]! - this.#elapsedMs
      if (left <= 0) return this.#spares
      if (hasExited) await sleep(Math.min(LOOK_AGAIN_MS, Math.max(1, left)))
      else await firstOf(left, [process.exited, this.#shortened.promise])
    }
  }
}

const firstOf = async (timeMs: number, events: ReadonlyArray<Promise<unknown>>): Promise<void> => {
  const stop = new AbortController()
  await Promise.race([...events, sleep(timeMs, undefined, { signal: stop.signal })])
  stop.abort()
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, number) => total + number, 0)
