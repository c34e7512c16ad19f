/**
 * What the types say of a process, by what its streams are connected to. Compiling this file is the test: a line under
 * `@ts-expect-error` that compiles is an error.
 */
import { describe, expectTypeOf, it } from "vitest"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type {
  ClientHandle,
  ProcessError,
  ProcessHandle,
  RunFailed,
  RunOptions,
  RunResult,
  SpawnOptions
} from "../src/index.ts"
import type { PromiseClient, PromiseProcess, SpawnOptions as PromiseSpawnOptions } from "../src/promise/index.ts"

type ProcessIn<T> = T extends Effect.Effect<infer A, ProcessError, Scope.Scope> ? A : never

/** Stand for values of these types. What uses them is compiled, and never run. */
declare const spawn: ClientHandle["spawn"]
declare const run: ClientHandle["run"]
declare const template: ClientHandle["$"]
declare const client: PromiseClient
declare const either: "pipe" | "ignore"
declare const options: SpawnOptions
declare const perhaps: boolean
interface Service {
  readonly service: unique symbol
}
declare const refuse: () => Effect.Effect<void, "no", Service>
declare const takesStdout: (process: ProcessHandle<"stdout">) => void

type Stdin = "stdin" | "write" | "closeStdin"
type Stdout = "stdout" | "stdoutLines" | "read" | "readLine"
type Stderr = "stderr" | "stderrLines" | "readError"
type Streams = Stdin | Stdout | Stderr | "all"
/** Of the members that are about a stream, those that a handle has. */
type StreamsOf<Handle> = Extract<keyof Handle, Streams>
type Core = Exclude<keyof ProcessHandle, Streams>

/** Compiled, and never run. */
const compiles = (body: () => unknown): unknown => body

describe("a handle", () => {
  it("has everything, unless the options say otherwise", () => {
    compiles(() => {
      const whole = spawn("cat")
      expectTypeOf<ProcessIn<typeof whole>>().toEqualTypeOf<ProcessHandle>()
      const some = spawn("cat", [], { cwd: "/", timeout: "5 seconds" })
      expectTypeOf<ProcessIn<typeof some>>().toEqualTypeOf<ProcessHandle>()
      const said = spawn("cat", [], { stdin: "pipe", stdout: "pipe", stderr: "pipe" })
      expectTypeOf<ProcessIn<typeof said>>().toEqualTypeOf<ProcessHandle>()
      const absent = spawn("cat", [], { stdout: undefined })
      expectTypeOf<ProcessIn<typeof absent>>().toEqualTypeOf<ProcessHandle>()
    })
    expectTypeOf<StreamsOf<ProcessHandle>>().toEqualTypeOf<Streams>()
  })

  it("has everything where only the run knows what is piped", () => {
    compiles(() => {
      const wide = spawn("cat", [], options)
      expectTypeOf<ProcessIn<typeof wide>>().toEqualTypeOf<ProcessHandle>()
      const chosen = spawn("cat", [], { stdin: either, stdout: either, stderr: either })
      expectTypeOf<ProcessIn<typeof chosen>>().toEqualTypeOf<ProcessHandle>()
    })
  })

  it("has no stdout that is not piped", () => {
    compiles(() => {
      const ignored = spawn("cat", [], { stdout: "ignore" })
      expectTypeOf<StreamsOf<ProcessIn<typeof ignored>>>().toEqualTypeOf<Stdin | Stderr | "all">()
      const inherited = spawn("cat", [], { stdout: "inherit" })
      expectTypeOf<StreamsOf<ProcessIn<typeof inherited>>>().toEqualTypeOf<Stdin | Stderr | "all">()
    })
  })

  it("has no stderr that is not piped", () => {
    compiles(() => {
      const silent = spawn("cat", [], { stderr: "ignore" })
      expectTypeOf<StreamsOf<ProcessIn<typeof silent>>>().toEqualTypeOf<Stdin | Stdout | "all">()
    })
  })

  it("has no stdin that is not piped", () => {
    compiles(() => {
      const deaf = spawn("cat", [], { stdin: "ignore" })
      expectTypeOf<StreamsOf<ProcessIn<typeof deaf>>>().toEqualTypeOf<Stdout | Stderr | "all">()
    })
  })

  it("has no `all` where neither output is piped, and the rest all the same", () => {
    compiles(() => {
      const mute = spawn("cat", [], { stdout: "ignore", stderr: "inherit" })
      expectTypeOf<StreamsOf<ProcessIn<typeof mute>>>().toEqualTypeOf<Stdin>()
      const none = spawn("cat", [], { stdin: "ignore", stdout: "ignore", stderr: "ignore" })
      expectTypeOf<keyof ProcessIn<typeof none>>().toEqualTypeOf<Core>()
    })
  })

  it("cannot be used for what it has not", () => {
    compiles(() => {
      const deaf = null as unknown as ProcessHandle<"stderr">
      // @ts-expect-error stdin is not piped
      void deaf.write("x")
      // @ts-expect-error stdout is not piped
      void deaf.stdoutLines
      // @ts-expect-error stdout is not piped
      takesStdout(deaf)
      takesStdout(null as unknown as ProcessHandle)
      takesStdout(null as unknown as ProcessHandle<"stdin" | "stdout">)
    })
  })

  it("comes only of options that there are", () => {
    compiles(() => {
      // @ts-expect-error a letter is wrong
      void spawn("cat", [], { cwd: "/", stdot: "ignore" })
      // @ts-expect-error that is nothing a stream can be connected to
      void spawn("cat", [], { stdout: "null" })
    })
  })
})

describe("a run", () => {
  it("fails with what its callback fails with, and no more", () => {
    compiles(() => {
      expectTypeOf(run("cat")).toEqualTypeOf<Effect.Effect<RunResult, ProcessError>>()
      expectTypeOf(run("cat", [], { timeout: 10, keep: "tail" })).toEqualTypeOf<
        Effect.Effect<RunResult, ProcessError>
      >()
      expectTypeOf(run("cat", [], { onLine: refuse })).toEqualTypeOf<
        Effect.Effect<RunResult, ProcessError | "no", Service>
      >()
    })
  })

  it("fails with RunFailed only where it is checked, or may be", () => {
    compiles(() => {
      type Checked = Effect.Effect<RunResult, ProcessError | RunFailed>
      expectTypeOf(run("cat", [], { check: false })).toEqualTypeOf<Effect.Effect<RunResult, ProcessError>>()
      expectTypeOf(run("cat", [], { check: true })).toEqualTypeOf<Checked>()
      expectTypeOf(run("cat", [], { check: perhaps })).toEqualTypeOf<Checked>()
      expectTypeOf(template({ check: true })`cat`).toEqualTypeOf<Checked>()
      expectTypeOf(template`cat`).toEqualTypeOf<Effect.Effect<RunResult, ProcessError>>()
      // @ts-expect-error a letter is wrong
      void run("cat", [], { chek: true, timeout: 10 })
      // @ts-expect-error these options say that nothing is checked
      const unchecked: RunOptions = { check: true }
      return unchecked
    })
  })
})

describe("a process with promises", () => {
  it("has the streams that are piped", () => {
    compiles(() => {
      expectTypeOf(client.spawn("cat")).resolves.toEqualTypeOf<PromiseProcess>()
      expectTypeOf(client.spawn("cat", {} as PromiseSpawnOptions)).resolves.toEqualTypeOf<PromiseProcess>()
      const ignored = client.spawn("cat", { stdin: "ignore", stdout: "ignore", args: ["-n"] })
      expectTypeOf<StreamsOf<Awaited<typeof ignored>>>().toEqualTypeOf<"stderr" | "all">()
      const none = client.spawn("cat", { stdout: "ignore", stderr: "ignore" })
      expectTypeOf<StreamsOf<Awaited<typeof none>>>().toEqualTypeOf<"stdin">()
    })
  })

  it("cannot be used for what it has not", () => {
    compiles(async () => {
      const ignored = await client.spawn("cat", { stdout: "ignore" })
      // @ts-expect-error stdout is not piped
      await ignored.stdout.text()
      // @ts-expect-error a letter is wrong
      await client.spawn("cat", { args: [], stdot: "ignore" })
    })
  })
})
