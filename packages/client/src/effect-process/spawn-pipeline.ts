import * as Effect from "effect/Effect"
import type * as PlatformError from "effect/PlatformError"
import type {
  AdditionalFdConfig,
  Command,
  PipedCommand,
  PipeFromOption,
  PipeOptions,
  StandardCommand
} from "effect/process/ChildProcess"
import { make, parseFdName } from "effect/process/ChildProcess"
import { type ChildProcessHandle, makeHandle } from "effect/process/ChildProcessSpawner"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ClientHandle } from "../Client.ts"
import { stdinOf } from "./command-options.ts"
import { joinedStages, type PipedStage, runsOf } from "./join-commands.ts"
import { spawnCommand } from "./spawn-command.ts"
import { spawnJoined } from "./spawn-joined.ts"

/**
 * Starts the commands of a pipeline, the first ones first. Its handle writes to the first and is otherwise the last one's;
 * `kill` and `unref` are for all of them.
 */
export const spawnPipeline = (
  client: ClientHandle,
  pipeline: PipedCommand
): Effect.Effect<ChildProcessHandle, PlatformError.PlatformError, Scope.Scope> =>
  Effect.gen(function* () {
    const handles: Array<ChildProcessHandle> = []
    for (const run of runsOf(stagesOf(pipeline))) {
      const source = handles.at(-1)
      const [{ command, pipe }, ...rest] = run
      const first = source === undefined ? command : connect(source, pipe, command)
      if (rest.length === 0) handles.push(yield* spawnCommand(client, first))
      else
        handles.push(...(yield* spawnJoined(client, joinedStages([{ command: first, pipe }, ...rest]), handles.length)))
    }
    const first = handles[0]!
    const last = handles.at(-1)!
    const fromTheLast = handles.toReversed()
    return makeHandle({
      ...last,
      stdin: first.stdin,
      kill: (options) =>
        Effect.forEach(fromTheLast, (handle) => Effect.ignore(handle.kill(options)), { discard: true }),
      unref: Effect.map(
        Effect.forEach(handles, ({ unref }) => unref),
        (rerefs) => Effect.forEach(rerefs.toReversed(), (reref) => reref, { discard: true })
      )
    })
  })

const stagesOf = (command: Command, pipe: PipeOptions = {}): ReadonlyArray<PipedStage> =>
  command._tag === "StandardCommand"
    ? [{ command, pipe }]
    : [...stagesOf(command.left, pipe), ...stagesOf(command.right, command.options)]

/** The command with its input connected to what comes out of the process before it. The bytes go through this client. */
const connect = (source: ChildProcessHandle, { from, to }: PipeOptions, command: StandardCommand): StandardCommand => {
  const { options } = command
  const stream = outputOf(source, from)
  const fd = to === undefined ? undefined : parseFdName(to)
  if (fd === undefined)
    return make(command.command, command.args, { ...options, stdin: { ...stdinOf(options), stream } })
  const existing = options.additionalFds?.[`fd${fd}`]
  const config: AdditionalFdConfig = existing?.type === "duplex" ? { ...existing, stream } : { type: "input", stream }
  return make(command.command, command.args, {
    ...options,
    additionalFds: { ...options.additionalFds, [`fd${fd}`]: config }
  })
}

/** A name that is none means stdout. */
const outputOf = (
  { all, getOutputFd, stderr, stdout }: ChildProcessHandle,
  from: PipeFromOption = "stdout"
): Stream.Stream<Uint8Array, PlatformError.PlatformError> => {
  if (from === "stderr") return stderr
  if (from === "all") return all
  const fd = parseFdName(from)
  return fd === undefined ? stdout : getOutputFd(fd)
}
