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
  type StartOperation
} from "@spawnbroker/protocol"
import type { Capability } from "../access/Capability.ts"
import { type Redact, redactCommand } from "../access/redact.ts"
import type { Process } from "../process/Process.ts"
import { type Bus, type Fact, named } from "./Bus.ts"
import { maskArguments, maskText, showNames } from "./mask-arguments.ts"
import { reasonOf } from "./reason-of.ts"

const exceeded = ({ limit }: ProcessStatus) => (limit === undefined ? {} : { limit })

const none: ReadonlyArray<Fd> = []

export class ProcessNews {
  readonly #bus: Bus
  readonly #redact: Redact
  readonly #capability: Capability
  readonly #operation: StartOperation
  readonly #spec: SpawnSpec
  readonly #askedAt = Date.now()
  #truncated: ReadonlyArray<Fd> = none

  constructor(bus: Bus, redact: Redact, capability: Capability, operation: StartOperation, spec: SpawnSpec) {
    this.#bus = bus
    this.#redact = redact
    this.#capability = capability
    this.#operation = operation
    this.#spec = spec
  }

  /** It may not run, or cannot. */
  refused(error: ProcessError, id?: Process["id"]): void {
    this.#tell(() =>
      error instanceof PermissionDenied
        ? {
            _tag: "PermissionDenied",
            ...this.#asked,
            rule: error.rule,
            code: error.code,
            ...(this.#spec.cwd !== undefined && { cwd: maskText(this.#redact(this.#spec.cwd)) })
          }
        : {
            _tag: "StartFailed",
            ...this.#asked,
            ...(id !== undefined && { id }),
            error: error._tag,
            ...reasonOf(error)
          }
    )
  }

  started({ id, pid, program, request }: Process, [decision, ...inherited]: ReadonlyArray<Decision>): void {
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
      startMs: Date.now() - this.#askedAt
    }))
  }

  exited({ id, pid, status }: Process): void {
    this.#tell(() => ({
      _tag: "ProcessExited",
      ...named(this.#capability),
      id,
      pid: Pid.make(pid!),
      command: maskText(this.#redact(this.#spec.command)),
      exit: status.exit!,
      ...(status.killedBy !== undefined && { killedBy: status.killedBy }),
      ...exceeded(status),
      durationMs: Date.now() - this.#askedAt
    }))
  }

  /** Once for each stream. */
  truncated({ id }: Process, fd: Fd): void {
    if (this.#truncated.includes(fd)) return
    this.#truncated = [...this.#truncated, fd]
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

  get #asked() {
    // Before anything is cut, so that no part of a secret is left.
    const { command, args } = redactCommand(this.#redact, this.#spec)
    return {
      ...named(this.#capability),
      operation: this.#operation,
      command: maskText(command),
      ...maskArguments(command, args)
    }
  }

  #tell(make: () => Fact): void {
    this.#bus.tell(this.#capability, make)
  }
}
