/**
 * What a client asks for when it spawns a process, and nothing it may not say.
 *
 * This is plain data, decoded in the broker's thread: unknown fields are refused, so is a NUL byte anywhere (the
 * kernel would cut the string there, and run something else than what was authorised).
 */
import * as Schema from "effect/Schema"
import { Milliseconds } from "./Milliseconds.ts"
import { AdditionalFd } from "./Fd.ts"
import { StreamTransforms } from "../transforms/TransformUse.ts"
import { StopSteps } from "./StopSteps.ts"
import { TraceContext } from "./TraceContext.ts"

/**
 * Largest command line and environment that the broker will look at, in UTF-16 units. Well above what Linux takes
 * (2 MiB in all, 128 KiB an argument), so that E2BIG is the kernel's own answer; higher lets a client cost more memory.
 */
export const MAX_ARGUMENT_LENGTH = 4 * 1024 * 1024

const withoutNul = Schema.makeFilter<string>((text) => !text.includes("\0") || "a string without NUL bytes", {
  toJsonSchema: () => ({ pattern: "^[^\\u0000]*$" })
})
/** A string that the kernel takes whole. */
export const Text = Schema.String.check(withoutNul, Schema.isMaxLength(MAX_ARGUMENT_LENGTH))

/** A command as the client names it: a bare name that is looked up in the policy's PATH, or a path. */
export const CommandName = Schema.String.check(withoutNul, Schema.isMinLength(1), Schema.isMaxLength(4096))

/** Name of an environment variable: not empty, no `=`, no NUL. */
export const EnvironmentName = Schema.String.check(Schema.isPattern(/^[^=\0]+$/u), Schema.isMaxLength(1024))

/**
 * What one of the three standard streams is connected to: the client (`pipe`), the stream of the same number of the
 * host (`inherit`, only where the policy says so), or /dev/null (`ignore`).
 */
export const Stdio = Schema.Literals(["pipe", "inherit", "ignore"])
export type Stdio = typeof Stdio.Type

/**
 * What happens to output that has no reader once the window is full.
 *
 * `block`: the child waits, as with any pipe. `tail`: the oldest bytes are dropped and counted. `auto`: block, until
 * somebody waits for the exit of the process while nobody reads the stream; then tail.
 */
export const Unread = Schema.Literals(["auto", "block", "tail"])
export type Unread = typeof Unread.Type

/** Bytes of each stream that the broker holds for a client that does not read. */
export const WindowBytes = Schema.Int.check(Schema.isBetween({ minimum: 4096, maximum: 64 * 1024 * 1024 }))

/** Descriptors that one child may be given beyond its standard ones. */
const MAX_ADDITIONAL_FDS = 32

const eachOnce = Schema.makeFilter<ReadonlyArray<AdditionalFd>>((all) => {
  if (new Set(all.map(({ fd }) => fd)).size < all.length) return "each descriptor at most once"
  return all.filter(({ direction }) => direction === "ipc").length <= 1 || "at most one descriptor for messages"
})

export const SpawnSpec = Schema.Struct({
  command: CommandName,
  args: Schema.Array(Text).check(Schema.isMaxLength(65_536)),
  /** Absent: the broker's own working directory. */
  cwd: Schema.optionalKey(Schema.String.check(withoutNul, Schema.isMinLength(1), Schema.isMaxLength(4096))),
  /** Variables that the client adds; each must be named by the policy. */
  env: Schema.optionalKey(Schema.Record(EnvironmentName, Text).check(Schema.isMaxProperties(4096))),
  /** Which of the variables that the policy inherits from the host the client wants. Its fixed values come in any case. */
  inheritEnv: Schema.Union([
    Schema.Boolean,
    Schema.Struct({ except: Schema.Array(EnvironmentName).check(Schema.isMaxLength(4096)) })
  ]),
  stdin: Stdio,
  stdout: Stdio,
  stderr: Stdio,
  /** Descriptors from 3 on, each at most once, of which one may carry Node's messages. */
  additionalFds: Schema.Array(AdditionalFd).check(Schema.isMaxLength(MAX_ADDITIONAL_FDS), eachOnce),
  /** `command` is a shell, and `args` are its line. Only a policy with `shell` allows that. */
  shell: Schema.Boolean,
  /** Wall time after which the broker ends the process. */
  timeoutMs: Schema.optionalKey(Milliseconds),
  /** Time without a byte of output after which the broker ends the process. */
  idleTimeoutMs: Schema.optionalKey(Milliseconds),
  /** Time that the start may take, where the machine has no room for another process. */
  startTimeoutMs: Schema.optionalKey(Milliseconds),
  /** What ends the process, before SIGKILL. */
  stop: StopSteps,
  windowBytes: WindowBytes,
  unread: Unread,
  /** Wait for the real end of stdout and stderr, even if a grandchild keeps them open after the process has exited. */
  waitForEof: Schema.Boolean,
  /** Bytes of output, the last ones, that are kept for whoever attaches or asks later. */
  replayBytes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 64 * 1024 * 1024 })),
  /** Send the first signal of `stop` to the rest of the group as soon as the process has exited with another code than 0. */
  endGroupOnFailure: Schema.Boolean,
  /** Of the span that asks for it. `toProcess`: the process is told, too, in its variable `TRACEPARENT`. Absent: nobody traces it. */
  trace: Schema.optionalKey(Schema.Struct({ ...TraceContext.fields, toProcess: Schema.Boolean })),
  /** What is done with its outputs before anybody gets them, or they are kept. */
  transforms: Schema.optionalKey(StreamTransforms)
})
export type SpawnSpec = typeof SpawnSpec.Type

/** What an absent option means. */
export const spawnDefaults = {
  args: [],
  inheritEnv: true,
  stdin: "pipe",
  stdout: "pipe",
  stderr: "pipe",
  stop: [{ _tag: "Signal", signal: "SIGTERM", forMs: 5000 }],
  windowBytes: 1024 * 1024,
  unread: "auto",
  waitForEof: false,
  additionalFds: [],
  shell: false,
  replayBytes: 64 * 1024,
  endGroupOnFailure: false
} as const satisfies Partial<SpawnSpec>
