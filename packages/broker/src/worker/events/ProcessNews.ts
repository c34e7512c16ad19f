/**
 * What the bus is told of one start, from the request to the last byte.
 */
import {
  type Decision,
  type Fd,
  Pid,
  PermissionDenied,
  type ProcessError,
  type ProcessStatus,
  type SpawnSpec,
  type StartOperation,
  type TraceContext
} from "@spawnbroker/protocol"
import type { Capability } from "../access/Capability.ts"
import { type Redact, redactCommand } from "../access/redact.ts"
import type { Process } from "../process/Process.ts"
import { type Bus, type Fact, named } from "./Bus.ts"
import { maskArguments, maskText, type ShownArguments, showNames } from "./mask-arguments.ts"
import { reasonOf } from "./reason-of.ts"

const exceeded = ({ limit }: ProcessStatus) => (limit === undefined ? {} : { limit })

const none: ReadonlyArray<Fd> = []

interface ShownCommand extends ShownArguments {
  readonly command: string
}

export class ProcessNews {
  readonly #bus: Bus
  readonly #redact: Redact
  readonly #capability: Capability
  readonly #operation: StartOperation
  readonly #spec: SpawnSpec
  readonly #askedAt = performance.now()
  /** From the request to the decision, and to the start. */
  #authorizedMs = 0
  #startedMs = 0
  #truncated: ReadonlyArray<Fd> = none
  /** Made once somebody listens: to take secrets out costs more than all the rest of a fact. */
  #shownCommand: ShownCommand | undefined

  constructor(bus: Bus, redact: Redact, capability: Capability, operation: StartOperation, spec: SpawnSpec) {
    this.#bus = bus
    this.#redact = redact
    this.#capability = capability
    this.#operation = operation
    this.#spec = spec
  }

  /** It may run. */
  authorized(): void {
    this.#authorizedMs = this.#elapsedMs
  }

  /** It may not run, or cannot. */
  refused(error: ProcessError, id?: Process["id"]): void {
    this.#bus.counts.refused(error)
    this.#tell(() =>
      error instanceof PermissionDenied
        ? {
            _tag: "PermissionDenied",
            ...this.#asked,
            rule: error.rule,
            code: error.code,
            ...this.#traced({ authorizeMs: this.#elapsedMs }),
            ...(this.#spec.cwd !== undefined && { cwd: maskText(this.#redact(this.#spec.cwd)) })
          }
        : {
            _tag: "StartFailed",
            ...this.#asked,
            ...(id !== undefined && { id }),
            error: error._tag,
            ...reasonOf(error),
            ...this.#traced({ startMs: this.#elapsedMs })
          }
    )
  }

  started({ id, pid, program, request }: Process, [decision, ...inherited]: ReadonlyArray<Decision>): void {
    this.#startedMs = this.#elapsedMs
    this.#bus.counts.started(this.#startedMs)
    this.#tell(() => ({
      _tag: "ProcessStarted",
      ...this.#asked,
      id,
      pid: Pid.make(pid!),
      rule: decision!.rule,
      ...(inherited.length > 0 && { inherited: inherited.map(({ subject, rule }) => `${subject}: ${rule}`) }),
      file: program,
      cwd: request.cwd,
      ...showNames(Object.keys(request.env)),
      startMs: this.#startedMs,
      ...this.#traced({ authorizeMs: this.#authorizedMs })
    }))
  }

  exited({ id, pid, status, usage }: Process): void {
    this.#tell(() => ({
      _tag: "ProcessExited",
      ...named(this.#capability),
      id,
      pid: Pid.make(pid!),
      command: this.#shown.command,
      exit: status.exit!,
      ...(status.killedBy !== undefined && { killedBy: status.killedBy }),
      ...exceeded(status),
      durationMs: this.#elapsedMs,
      ...usage,
      ...this.#traced({ runMs: this.#elapsedMs - this.#startedMs })
    }))
  }

  /** Once for each stream. */
  truncated({ id }: Process, fd: Fd): void {
    if (this.#truncated.includes(fd)) return
    this.#truncated = [...this.#truncated, fd]
    this.#bus.counts.truncated++
    this.#tell(() => ({ _tag: "OutputTruncated", ...named(this.#capability), id, fd }))
  }

  closed({ id, status }: Process): void {
    this.#tell(() => ({
      _tag: "ProcessClosed",
      ...named(this.#capability),
      id,
      bytes: status.bytes,
      ...exceeded(status)
    }))
  }

  /** In whole microseconds. */
  get #elapsedMs(): number {
    return Math.round((performance.now() - this.#askedAt) * 1000) / 1000
  }

  /** For whoever makes spans of it: what it belongs to, and a time that nobody else asks for. */
  #traced<Times extends object>(times: Times): { readonly trace?: TraceContext } & Partial<Times> {
    const { trace } = this.#spec
    if (trace === undefined) return {}
    const { traceId, spanId, sampled } = trace
    return { trace: { traceId, spanId, sampled }, ...times }
  }

  get #asked() {
    return { ...named(this.#capability), operation: this.#operation, ...this.#shown }
  }

  get #shown(): ShownCommand {
    return (this.#shownCommand ??= this.#showCommand())
  }

  #showCommand(): ShownCommand {
    // Before anything is cut, so that no part of a secret is left.
    const { command, args } = redactCommand(this.#redact, this.#spec)
    return { command: maskText(command), ...maskArguments(command, args) }
  }

  #tell(make: () => Fact): void {
    this.#bus.tell(this.#capability, make)
  }
}
