/**
 * The standard streams of the host's own process, on behalf of clients whose policy grants them. Each is opened when it is
 * first asked for, and stays open in this thread until the broker shuts down.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { type HostFd, Io, ProcessError, streamName } from "@spawnbroker/protocol"
import * as Schema from "effect/Schema"
import { Input, type Writer } from "../input/Input.ts"
import type { ProcessFrame } from "../process/View.ts"
import { HostInput, type HostReader } from "./HostInput.ts"
import { HostOutput } from "./HostOutput.ts"
import { openInput, openOutput } from "./open-stream.ts"

/** How long a shutdown waits for whoever reads the host's output. Longer: slower to go. Shorter: the last words may be lost. */
const FLUSH_TIMEOUT_MS = 1000

/** One of the streams on one client's channel. */
export interface HostStream {
  output(fd: number): HostReader | undefined
  input(fd: number): Writer | undefined
  /** Its client has left. */
  close(): void
}

export class HostStdio {
  #input: HostInput | undefined
  readonly #outputs = new Map<HostFd, HostOutput>()

  /** Nothing, if it is stdin and somebody else reads that. */
  open(fd: HostFd, frame: (frame: ProcessFrame) => void): HostStream | undefined {
    return fd === 0 ? this.#openReader(frame) : this.#openWriter(fd, frame)
  }

  /** What is under way is waited for, but not for long. */
  async close(): Promise<void> {
    const outputs = [...this.#outputs.values()]
    const flushed = Promise.all(outputs.map((output) => output.flushed()))
    const impatience = new AbortController()
    await Promise.race([flushed, sleep(FLUSH_TIMEOUT_MS, undefined, { signal: impatience.signal }).catch(() => {})])
    impatience.abort()
    for (const output of outputs) output.close()
    this.#input?.close()
  }

  #openReader(frame: (frame: ProcessFrame) => void): HostStream | undefined {
    this.#input ??= new HostInput(openInput(0))
    let arrival = 0
    const reader = this.#input.open({
      data: (chunk, offset) =>
        frame({ _tag: "Data", fd: 0, offset, arrival: arrival++, bytes: chunk as Uint8Array<ArrayBuffer> }),
      end: () => frame({ _tag: "End", fd: 0 })
    })
    return (
      reader && { output: (fd) => (fd === 0 ? reader : undefined), input: () => undefined, close: () => reader.leave() }
    )
  }

  #openWriter(fd: HostFd, frame: (frame: ProcessFrame) => void): HostStream {
    const share = this.#outputOf(fd).open()
    const writer = new Input(share).open({
      credit: (bytes) => frame({ _tag: "InputCredit", fd, bytes }),
      // Said in the order of the bytes: what came before has been taken, or has been lost for this reason.
      closed: (errno) => frame(errno === undefined ? { _tag: "End", fd } : { _tag: "Lost", error: brokenBy(fd, errno) })
    })
    return {
      output: () => undefined,
      input: (number) => (number === fd ? writer : undefined),
      close: () => share.leave()
    }
  }

  /** One that has broken is tried again: a disk may have room by now. */
  #outputOf(fd: HostFd): HostOutput {
    const known = this.#outputs.get(fd)
    if (known?.isBroken === false) return known
    const output = new HostOutput(openOutput(fd))
    this.#outputs.set(fd, output)
    return output
  }
}

const encodeError = Schema.encodeSync(ProcessError)

const brokenBy = (fd: HostFd, errno: string) =>
  encodeError(new Io({ operation: "write", stream: streamName(fd), errno }))
