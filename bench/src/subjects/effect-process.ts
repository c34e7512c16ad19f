import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Live, OnData, Subject } from "./Subject.ts"

/** What our handle and Effect's own have in common: streams of bytes. */
interface EffectProcess {
  readonly pid: number
  readonly stdout: Stream.Stream<Uint8Array, unknown>
  readonly stderr: Stream.Stream<Uint8Array, unknown>
  readonly lines: Stream.Stream<string, unknown>
  readonly exit: Effect.Effect<unknown, unknown>
  readonly kill: Effect.Effect<void, unknown>
  readonly write: (data: Uint8Array) => void
  readonly status?: Effect.Effect<unknown, unknown>
}

type Open = (
  command: string,
  args: ReadonlyArray<string>,
  stdin: "ignore" | "pipe"
) => Effect.Effect<EffectProcess, unknown, Scope.Scope>

/** The same streams, read in the same way, whoever made them. */
export const fromEffectProcess = (open: Open): Pick<Subject, "run" | "start" | "startUnread" | "countLines"> => ({
  run: (command, args, onData) =>
    Effect.gen(function* () {
      const process = yield* open(command, args, "ignore")
      yield* Effect.all([read(process, onData), Stream.runDrain(process.stderr), process.exit], concurrently)
    }).pipe(Effect.scoped, Effect.runPromise),
  start: (command, args, onData) =>
    startWith(open(command, args, "pipe"), (process) => Effect.forkScoped(read(process, onData))),
  startUnread: (command, args) =>
    startWith(open(command, args, "pipe"), (process) =>
      Effect.gen(function* () {
        const first = yield* Deferred.make<void>()
        const take = Stream.runForEach(process.stdout, () =>
          Effect.andThen(Deferred.succeed(first, undefined), Effect.never)
        )
        yield* Effect.forkScoped(take)
        yield* Deferred.await(first)
      })
    ),
  countLines: (command, args) =>
    Effect.gen(function* () {
      const process = yield* open(command, args, "ignore")
      let lines = 0
      const count = Stream.runForEachArray(process.lines, (chunk) => Effect.sync(() => void (lines += chunk.length)))
      yield* Effect.all([count, Stream.runDrain(process.stderr), process.exit], concurrently)
      return lines
    }).pipe(Effect.scoped, Effect.runPromise)
})

const concurrently = { concurrency: "unbounded", discard: true } as const

const read = ({ stdout }: EffectProcess, onData: OnData): Effect.Effect<void, unknown> =>
  Stream.runForEachArray(stdout, (chunks) =>
    Effect.sync(() => {
      for (const chunk of chunks) onData(chunk.byteLength)
    })
  )

/** A process in a scope of its own, which `stop` closes. */
const startWith = async (
  open: Effect.Effect<EffectProcess, unknown, Scope.Scope>,
  beginToRead: (process: EffectProcess) => Effect.Effect<unknown, unknown, Scope.Scope>
): Promise<Live> => {
  const scope = Scope.makeUnsafe()
  const process = await Effect.runPromise(
    open.pipe(
      Effect.tap(({ stderr }) => Effect.forkScoped(Stream.runDrain(stderr))),
      Effect.tap(beginToRead),
      Scope.provide(scope)
    )
  )
  const { pid, write, status } = process
  return {
    pid,
    write,
    ...(status !== undefined && { status: () => Effect.runPromise(status) }),
    stop: () =>
      Effect.runPromise(
        process.kill.pipe(Effect.andThen(Effect.exit(process.exit)), Effect.andThen(Scope.close(scope, Exit.void)))
      )
  }
}
