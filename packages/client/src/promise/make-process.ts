import { type StreamOffsets, streamName } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ProcessMessages } from "../messages/ProcessMessages.ts"
import type { KillOptions } from "../operations/kill.ts"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import { decoderFor } from "./decoder.ts"
import { makeInput } from "./make-input.ts"
import { makeMessages } from "./make-messages.ts"
import type { PromiseSpawnOptions } from "./options.ts"
import { Output } from "./Output.ts"
import type { Ownership } from "./Ownership.ts"
import type { PromiseMessages } from "./PromiseMessages.ts"
import type { PromiseProcess } from "./PromiseProcess.ts"
import { toPromise } from "./to-promise.ts"

/** The face of a handle. */
export const makeProcess = (
  handle: ProcessHandle,
  { stop, release }: Ownership,
  { invalidUtf8 }: Pick<PromiseSpawnOptions, "invalidUtf8">
): PromiseProcess & PromiseMessages<any, any> => ({
  id: handle.id,
  pid: handle.pid,
  info: handle.info,
  ...makeStreams(handle, stop, invalidUtf8),
  // They are there, whatever its type says of them.
  ...makeMessages(handle as ProcessHandle & ProcessMessages<any, any>, stop),
  all: new Output(handle.all, stop, decoderFor("stdout", invalidUtf8)),
  results: (transform, stream) => Stream.toAsyncIterable(handle.results(transform, stream)),
  lifecycle: Stream.toAsyncIterable(handle.lifecycle),
  wait: () => toPromise(handle.exit),
  status: () => toPromise(handle.status),
  kill: (signal) => toPromise(handle.kill(toKillOptions(signal))),
  gone: handle.gone,
  detach: () => toPromise(handle.detach),
  stop: (options) => toPromise(handle.stop(options)),
  release,
  [Symbol.asyncDispose]: release
})

/** The streams of a process. Those of one descriptor are the same each time: one reader leaves its rest to the next. */
const makeStreams = (
  handle: ProcessHandle,
  stop: AbortSignal,
  invalidUtf8: PromiseSpawnOptions["invalidUtf8"]
): Pick<PromiseProcess, "stdin" | "stdout" | "stderr" | "input" | "output" | "offsets"> => {
  const input = oncePerFd((fd) => makeInput(handle, stop, fd))
  const output = oncePerFd((fd) => new Output(handle.getOutputFd(fd), stop, decoderFor(streamName(fd), invalidUtf8)))
  const offsets = (): StreamOffsets => {
    const { stdout, stderr } = Effect.runSync(handle.offsets)
    return { stdout: stdout - output(1).heldBytes, stderr: stderr - output(2).heldBytes }
  }
  return { stdin: input(0), stdout: output(1), stderr: output(2), input, output, offsets }
}

const oncePerFd = <A>(make: (fd: number) => A): ((fd: number) => A) => {
  const made = new Map<number, A>()
  return (fd) => {
    const one = made.get(fd) ?? make(fd)
    made.set(fd, one)
    return one
  }
}

export const toKillOptions = (signal: string | KillOptions | undefined): KillOptions | undefined =>
  typeof signal === "string" ? { signal: signal as KillOptions["signal"] } : signal
