/** What the sections look at: text, errors without what differs by nature, and the processes of one test. */
import { randomUUID } from "node:crypto"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import * as Stream from "effect/Stream"
import { bearing, MARK, type ProcessFacts } from "../leaks.ts"

type Handle = ChildProcessSpawner.ChildProcessHandle
type Bytes = Stream.Stream<Uint8Array, PlatformError>

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A stream of texts, a chunk each. */
export const chunks = (...texts: ReadonlyArray<string>): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(texts.map(bytesOf))

/** A stream as text, to its end. */
export const text = (stream: Bytes): Effect.Effect<string, PlatformError> =>
  stream.pipe(Stream.decodeText, Stream.mkString)

export const script = (line: string, options: ChildProcess.CommandOptions = {}): ChildProcess.StandardCommand =>
  ChildProcess.make("sh", ["-c", line], options)

/**
 * Reads stdout until a line has come, and keeps what follows for nobody: a stream can be read once.
 */
export const waitForLine = (handle: Handle, line: string): Effect.Effect<void, PlatformError> =>
  handle.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.filter((candidate) => candidate === line),
    Stream.runHead,
    Effect.map((found) => assert.isTrue(Option.isSome(found), `it ended without the line ${line}`))
  )

/** An error as a program tells errors apart. */
export const errorFacts = (error: PlatformError): Readonly<Record<string, unknown>> => {
  const { _tag: reason, module, method, description } = error.reason
  return error.reason._tag === "BadArgument"
    ? { error: error._tag, reason, module, method, description }
    : { error: error._tag, reason, module, method, what: error.reason.pathOrDescriptor }
}

/** The error of an effect that must fail. */
export const failure = <A, R>(effect: Effect.Effect<A, PlatformError, R>) => Effect.map(Effect.flip(effect), errorFacts)

/** The environment that marks the processes of one test, and those of them that live. */
export const mark = () => {
  const value = randomUUID()
  const living: Effect.Effect<ReadonlyArray<ProcessFacts>> = Effect.sync(() => bearing(value))
  return { options: { env: { [MARK]: value }, extendEnv: true }, living }
}
