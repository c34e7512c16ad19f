/**
 * A host whose main fiber ends and closes nothing: what is left alone decides how long it lives. When it exits it prints
 * whether its process was still there.
 *
 * Arguments: whose spawner (`node`, `direct` or `launcher`), and what it does (see `cases`).
 */
import { NodeServices } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import * as Scope from "effect/Scope"
import { brokered } from "../effect-process/brokered.ts"
import { living } from "../leaks.ts"

const [, , whose, what] = process.argv

type Needs = ChildProcessSpawner.ChildProcessSpawner | Scope.Scope

/** Starts a process that has no stream to its host: an open pipe is a reason of its own to wait. */
const start = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.tap(ChildProcess.make(command, args, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }), ({ pid }) =>
    Effect.sync(() => {
      console.log(`started ${pid}`)
      process.once("exit", () => console.log(living(pid) === undefined ? "gone" : "alive"))
    })
  )

const cases: Readonly<Record<string, Effect.Effect<unknown, unknown, Needs>>> = {
  idle: ChildProcessSpawner.ChildProcessSpawner,
  running: start("sleep", "1"),
  unreferenced: Effect.flatMap(start("sleep", "1000"), ({ unref }) => unref),
  referenced: Effect.flatMap(start("sleep", "1"), ({ unref }) => Effect.flatten(unref)),
  exited: Effect.flatMap(start("true"), ({ exitCode }) => exitCode),
  released: Effect.scoped(start("sleep", "1000")),
  reading: ChildProcessSpawner.ChildProcessSpawner.use(({ string }) =>
    string(ChildProcess.make("sh", ["-c", "(sleep 1; echo late) & exit 0"], { stdin: "ignore" }))
  ).pipe(Effect.tap((text) => Effect.sync(() => console.log(text.trim()))))
}

const layer = whose === "node" ? NodeServices.layer : brokered(whose as "direct" | "launcher")

const main = Effect.gen(function* () {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(layer, scope)
  yield* cases[what!]!.pipe(Effect.provide(context), Scope.provide(scope))
  console.log("main has ended")
})

Effect.runFork(main)
