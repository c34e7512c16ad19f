import * as Stream from "effect/Stream"
import type { KillOptions, ProcessHandle } from "../process/ProcessHandle.ts"
import { decoderFor } from "./decoder.ts"
import { makeInput } from "./make-input.ts"
import type { PromiseSpawnOptions } from "./options.ts"
import { Output } from "./Output.ts"
import type { Ownership } from "./Ownership.ts"
import type { PromiseProcess } from "./PromiseProcess.ts"
import { toPromise } from "./to-promise.ts"

/** The face of a handle. */
export const makeProcess = (
  handle: ProcessHandle,
  { stop, release }: Ownership,
  { invalidUtf8 }: Pick<PromiseSpawnOptions, "invalidUtf8">
): PromiseProcess => ({
  id: handle.id,
  pid: handle.pid,
  info: handle.info,
  stdin: makeInput(handle, stop),
  stdout: new Output(handle.stdout, stop, decoderFor("stdout", invalidUtf8)),
  stderr: new Output(handle.stderr, stop, decoderFor("stderr", invalidUtf8)),
  all: new Output(handle.all, stop, decoderFor("stdout", invalidUtf8)),
  lifecycle: Stream.toAsyncIterable(handle.lifecycle),
  wait: () => toPromise(handle.exit),
  status: () => toPromise(handle.status),
  kill: (signal) => toPromise(handle.kill(toKillOptions(signal))),
  detach: () => toPromise(handle.detach),
  stop: (options) => toPromise(handle.stop(options)),
  release,
  [Symbol.asyncDispose]: release
})

export const toKillOptions = (signal: string | KillOptions | undefined): KillOptions =>
  typeof signal === "string" ? { signal: signal as KillOptions["signal"] } : { ...signal }
