import type { ProcessError } from "@spawnbroker/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as PlatformError from "effect/PlatformError"
import type { CommandOutput, KillOptions, StandardCommand } from "effect/process/ChildProcess"
import { type ChildProcessHandle, ExitCode, makeHandle, ProcessId } from "effect/process/ChildProcessSpawner"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { ClientHandle } from "../Client.ts"
import type { ProcessHandle } from "../process/ProcessHandle.ts"
import { type BrokeredCommand, toBrokered, toSignal } from "./command-options.ts"
import { closingSink } from "./input-sink.ts"
import { toPlatformError, unknownError } from "./platform-error.ts"
import { type Child, startChildren } from "./start-children.ts"

type Bytes = Stream.Stream<Uint8Array, PlatformError.PlatformError>
type InputSink = Sink.Sink<void, Uint8Array, never, PlatformError.PlatformError>
/** Why an input stream, and so the input of the process, is not whole. */
type InputFailure = Deferred.Deferred<never, PlatformError.PlatformError>

/** Starts one command, which ends with the scope unless it is unreferenced then. */
export const spawnCommand = (
  client: ClientHandle,
  command: StandardCommand
): Effect.Effect<ChildProcessHandle, PlatformError.PlatformError, Scope.Scope> =>
  Effect.gen(function* () {
    const brokered = yield* Effect.fromResult(toBrokered(command))
    const start = client.spawn(command.command, brokered.args, brokered.options).pipe(
      Effect.map((process) => [process]),
      Effect.mapError(toPlatformError("spawn", command))
    )
    const [child] = yield* startChildren(start)
    return yield* handleOf(child!, command, brokered)
  })

/** The handle of a child that has been started for this command; what is to be fed into it is from now on. */
export const handleOf = (
  child: Child,
  command: StandardCommand,
  brokered: BrokeredCommand
): Effect.Effect<ChildProcessHandle, never, Scope.Scope> =>
  Effect.gen(function* () {
    const inputFailure: InputFailure = Deferred.makeUnsafe()
    const inputs = yield* connectInputs(child.process, command, brokered, inputFailure)
    const outputs = connectOutputs(child.process, command, brokered)
    return makeHandle({
      pid: ProcessId(child.process.pid),
      exitCode: exitCode(child, command, inputFailure),
      isRunning: Effect.map(Deferred.isDone(child.exited), (isDone) => !isDone),
      kill: (options) => kill(child, command, options),
      unref: child.unref,
      ...inputs,
      ...outputs
    })
  })

/** A failed input means more than the exit of a process that has not had all of it, and is told before that. */
const exitCode = (
  { exited }: Child,
  command: StandardCommand,
  inputFailure: InputFailure
): ChildProcessHandle["exitCode"] =>
  Effect.raceFirst(
    Effect.mapError(Deferred.await(exited), toPlatformError("exitCode", command)),
    Deferred.await(inputFailure)
  ).pipe(
    Effect.flatMap((status) => {
      if (Deferred.isDoneUnsafe(inputFailure)) return Deferred.await(inputFailure)
      if (status._tag === "Exited") return Effect.succeed(ExitCode(status.code))
      const message = `Process interrupted due to receipt of signal: '${status.signal}'`
      return Effect.fail(unknownError("exitCode", command, message))
    })
  )

const kill = (
  { process, exited }: Child,
  command: StandardCommand,
  { killSignal = "SIGTERM", forceKillAfter }: KillOptions = {}
): Effect.Effect<void, PlatformError.PlatformError> =>
  process.kill({ signal: toSignal(killSignal), forceKillAfter, wait: true }).pipe(
    Effect.mapError(toPlatformError("kill", command)),
    // The answer may overtake the fact, which comes with the output.
    Effect.andThen(Effect.ignore(Deferred.await(exited)))
  )

const connectInputs = (
  process: ProcessHandle,
  command: StandardCommand,
  { stdin: { stream, endOnDone = true }, options, fds }: BrokeredCommand,
  inputFailure: InputFailure
): Effect.Effect<Pick<ChildProcessHandle, "stdin" | "getInputFd">, never, Scope.Scope> =>
  Effect.gen(function* () {
    const onError = (name: string) => Sink.mapError(toPlatformError(`fromWritable(${name})`, command))
    const feed = (from: Bytes, sink: InputSink) =>
      Effect.forkScoped(
        Stream.run(
          Stream.tapError(from, (error) => Deferred.fail(inputFailure, error)),
          sink
        )
      )

    const open = endOnDone ? closingSink(process.stdin) : Sink.forEach(process.write)
    const stdin: InputSink = options.stdin === "pipe" ? onError("stdin")(open) : Sink.drain
    if (Stream.isStream(stream)) yield* feed(stream, stdin)

    const sinks = new Map<number, InputSink>()
    for (const [fd, config] of fds) {
      if (config.type === "output") continue
      const sink = onError(`fd${fd}`)(closingSink(process.getInputFd(fd)))
      sinks.set(fd, sink)
      if (config.stream !== undefined) yield* feed(config.stream, sink)
    }
    return { stdin, getInputFd: (fd) => sinks.get(fd) ?? Sink.drain }
  })

const connectOutputs = (
  process: ProcessHandle,
  command: StandardCommand,
  { stdout: toStdout, stderr: toStderr, options, fds }: BrokeredCommand
): Pick<ChildProcessHandle, "stdout" | "stderr" | "all" | "getOutputFd"> => {
  const onError = (name: string) => Stream.mapError(toPlatformError(`fromReadable(${name})`, command))
  const through = (from: Stream.Stream<Uint8Array, ProcessError>, name: string, to: unknown): Bytes =>
    isSink(to) ? Stream.transduce(onError(name)(from), to) : onError(name)(from)

  const stdout = options.stdout === "pipe" ? through(process.stdout, "stdout", toStdout) : Stream.empty
  const stderr = options.stderr === "pipe" ? through(process.stderr, "stderr", toStderr) : Stream.empty
  const areBothPlain =
    [options.stdout, options.stderr].every((how) => how === "pipe") && !isSink(toStdout) && !isSink(toStderr)
  const streams = new Map<number, Bytes>()
  for (const [fd, config] of fds) {
    if (config.type !== "input") streams.set(fd, through(process.getOutputFd(fd), `fd${fd}`, config.sink))
  }
  return {
    stdout,
    stderr,
    // Our own has them in the order in which they came; what sinks make of them comes as they make it.
    all: areBothPlain ? onError("all")(process.all) : Stream.merge(stdout, stderr),
    getOutputFd: (fd) => streams.get(fd) ?? Stream.empty
  }
}

const isSink = (to: unknown): to is Extract<CommandOutput, object> => Sink.isSink(to)
