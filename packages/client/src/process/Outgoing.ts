import {
  AlreadyExited,
  copyBytes,
  type ClientFrame,
  type Fd,
  InvalidArgument,
  Io,
  LimitExceeded,
  MAX_FRAME_BYTES,
  type ProcessError,
  type ProcessId,
  INPUT_CREDIT_BYTES,
  streamName
} from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

type InputFrame = Extract<ClientFrame, { readonly _tag: "Input" | "InputEnd" }>
type WithoutChannel<F> = F extends unknown ? Omit<F, "channel" | "fd"> : never

/** Why nothing more can be written. */
type Closed = "by us" | "by its exit" | { readonly errno: string } | { readonly error: ProcessError }

/** By which what is written leaves: one link for all inputs of a process, since many live at a time. */
export interface OutgoingLink {
  send(fd: Fd, frame: WithoutChannel<InputFrame>, transfer?: ArrayBuffer): void
}

/** The bytes that a process may be given, on all its inputs together. */
export interface InputAllowance {
  readonly maximum: number
  left: number
}

/**
 * The sending end of an input of a child: bytes leave within the credit, in the order of the writes.
 */
export class Outgoing {
  readonly fd: Fd
  readonly #link: OutgoingLink
  /** Made by the first who writes. */
  #oneAtATime: Semaphore.Semaphore | undefined
  /** Absent: any number of bytes. */
  #allowance: InputAllowance | undefined
  #credit = INPUT_CREDIT_BYTES
  #closed: Closed | undefined
  #wake: (() => void) | undefined

  constructor(fd: Fd, link: OutgoingLink) {
    this.fd = fd
    this.#link = link
  }

  /** The broker keeps count, too; but what is refused here is not sent, so the caller knows how many bytes it was. */
  limit(allowance: InputAllowance): void {
    this.#allowance = allowance
  }

  grant(bytes: number): void {
    this.#credit += bytes
    this.#wake?.()
  }

  /** The other end takes no more. The first reason stands. */
  close(reason: Closed): void {
    this.#closed ??= reason
    this.#wake?.()
  }

  write(id: ProcessId, data: Uint8Array): Effect.Effect<number, ProcessError> {
    const writeFrom = (from: number): Effect.Effect<number, ProcessError> =>
      Effect.suspend(() => {
        if (this.#closed !== undefined) return Effect.fail(whyClosed(this.#closed, id, streamName(this.fd)))
        let sent = from
        while (sent < data.byteLength && this.#credit > 0 && this.#allowance?.left !== 0)
          sent += this.#sendSome(data, sent)
        if (sent < data.byteLength && this.#allowance?.left === 0)
          return Effect.fail(overLimit(this.#allowance.maximum, sent))
        return sent === data.byteLength
          ? Effect.succeed(data.byteLength)
          : Effect.andThen(this.#waitForCredit, writeFrom(sent))
      })
    return this.#inTurn(writeFrom(0))
  }

  /** End of input, after all writes before it. Closing twice is the same as once. */
  get end(): Effect.Effect<void> {
    return this.#inTurn(
      Effect.sync(() => {
        if (this.#closed !== undefined) return
        this.#closed = "by us"
        this.#link.send(this.fd, { _tag: "InputEnd" })
      })
    )
  }

  #inTurn<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return (this.#oneAtATime ??= Semaphore.makeUnsafe(1)).withPermits(1)(effect)
  }

  #sendSome(data: Uint8Array, from: number): number {
    const size = Math.min(data.byteLength - from, this.#credit, MAX_FRAME_BYTES, this.#allowance?.left ?? Infinity)
    // A copy: the caller keeps its buffer.
    const bytes = copyBytes(data, from, from + size)
    this.#credit -= size
    if (this.#allowance !== undefined) this.#allowance.left -= size
    this.#link.send(this.fd, { _tag: "Input", bytes }, bytes.buffer)
    return size
  }

  get #waitForCredit(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.#credit > 0 || this.#closed !== undefined) return resume(Effect.void)
      this.#wake = () => resume(Effect.void)
      return Effect.sync(() => (this.#wake = undefined))
    })
  }
}

/** `accepted`: bytes of what was to be written, where that is known. */
export const overLimit = (maximum: number, accepted?: number): LimitExceeded =>
  new LimitExceeded({ limit: "stdinBytes", maximum, ...(accepted !== undefined && { accepted }) })

const whyClosed = (closed: Closed, id: ProcessId, name: string): ProcessError => {
  if (closed === "by us")
    return new InvalidArgument({ argument: name, problem: "it has been closed; write before you close it" })
  if (closed === "by its exit") return new AlreadyExited({ id, operation: "write" })
  return "error" in closed ? closed.error : new Io({ operation: "write", stream: name, errno: closed.errno })
}
