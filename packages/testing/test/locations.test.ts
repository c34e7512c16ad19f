/** The files of the worker and of the launcher, and what runs the latter, in other places than the default ones. */
import { assert, describe, it } from "@effect/vitest"
import { Broker, type BrokerOptions } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { rolldown } from "rolldown"
import { afterAll, beforeAll } from "vitest"
import { connect, descendants, openFiles, processes } from "../src/index.ts"

let directory: string
let bundles: { readonly workerUrl: string; readonly launcherPath: string }

const inDirectory = (name: string): string => join(directory, name)

const bundle = async (entry: string, name: string): Promise<string> => {
  const file = inDirectory(name)
  const build = await rolldown({
    input: fileURLToPath(import.meta.resolve(`@spawnbroker/broker/${entry}`)),
    platform: "node",
    logLevel: "silent"
  })
  await build.write({ file, format: "esm", codeSplitting: false })
  await build.close()
  return file
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "locations-"))
  writeFileSync(inDirectory("package.json"), `{ "type": "module" }`)
  // Names that a URL writes in another way.
  const [workerUrl, launcherPath] = await Promise.all([
    bundle("worker", "a worker#1.js"),
    bundle("launcher", "l%20.js")
  ])
  bundles = { workerUrl, launcherPath }
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A broker, and what it logs at its start. */
const start = (options: BrokerOptions) =>
  Effect.gen(function* () {
    const logged: Array<string> = []
    const capture = Logger.layer([Logger.make(({ message }) => logged.push(String(message)))])
    const broker = yield* Effect.provide(Broker.start({ ...options, policyWarnings: "ignore" }), capture)
    const client = yield* Effect.provideService(connect(), Broker, broker)
    return { broker, client, logged }
  })

/** The environment that a process was started with, and whose child it is. */
const environmentOf = (pid: number): ReadonlyArray<string> =>
  readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").slice(0, -1)
const parentOf = (child: number): number => processes().find(({ pid }) => pid === child)!.parent

const refusal = (options: BrokerOptions): Effect.Effect<string, unknown, Scope.Scope> =>
  Effect.map(Effect.flip(Broker.start(options)), (error) => {
    assert.strictEqual(error._tag, "BrokerUnavailable")
    return error.message
  })

const assertMentions = (text: string, parts: ReadonlyArray<string>): void => {
  for (const part of parts) assert.include(text, part)
}

describe("a worker and a launcher that are one bundled file each", () => {
  it.live("run children, and nothing but the two files is needed", () =>
    Effect.gen(function* () {
      const { broker, client, logged } = yield* start({ ...bundles, spawner: "launcher" })
      const { stdout, exit } = yield* client.run("sh", ["-c", "cat; exit 3"], { stdin: "through bundles" })
      assert.deepStrictEqual([stdout, exit], ["through bundles", { _tag: "Exited", code: 3 }])
      const child = yield* client.spawn("sleep", ["1000"])
      const launcher = parentOf(child.pid)
      assert.include(readFileSync(`/proc/${launcher}/cmdline`, "latin1"), bundles.launcherPath)
      yield* child.kill({ tree: true })
      yield* child.exit
      assert.strictEqual((yield* broker.stats).spawner, "launcher")
      assert.deepStrictEqual(logged, [])
    }).pipe(Effect.scoped)
  )

  it.live(
    "may be given as a URL, or as the text of one, and need no launcher where children are started directly",
    () =>
      Effect.gen(function* () {
        for (const workerUrl of [pathToFileURL(bundles.workerUrl), pathToFileURL(bundles.workerUrl).href]) {
          const { client } = yield* start({ workerUrl, spawner: "direct", launcherPath: "/nonexistent" })
          assert.strictEqual((yield* client.run("printf", ["direct"])).stdout, "direct")
        }
      }).pipe(Effect.scoped)
  )
})

describe("the launcher", () => {
  it.live("is told to be Node where it is an Electron; its children are not", () =>
    Effect.gen(function* () {
      const { client } = yield* start({ spawner: "launcher" })
      const child = yield* client.spawn("sleep", ["1000"])
      const [electron, codeCache, ...others] = environmentOf(parentOf(child.pid))
      assert.deepStrictEqual([electron, others], ["ELECTRON_RUN_AS_NODE=1", []])
      assert.match(codeCache!, /^NODE_COMPILE_CACHE=\/dev\/shm\/spawnbroker-code-/)
      assert.isFalse(
        environmentOf(child.pid).some((variable) => /^(ELECTRON_RUN_AS_NODE|NODE_COMPILE_CACHE)/.test(variable))
      )
    }).pipe(Effect.scoped)
  )

  it.live("is run by another binary where that is asked for", () =>
    Effect.gen(function* () {
      const execPath = inDirectory("other node")
      symlinkSync(process.execPath, execPath)
      const { client } = yield* start({ spawner: "launcher", execPath })
      const child = yield* client.spawn("sleep", ["1000"])
      assert.strictEqual(readFileSync(`/proc/${parentOf(child.pid)}/cmdline`, "latin1").split("\0")[0], execPath)
    }).pipe(Effect.scoped)
  )
})

describe("a worker that is not there", () => {
  it.live("is named, with the option that says where it is", () =>
    Effect.gen(function* () {
      assertMentions(yield* refusal({ workerUrl: inDirectory("nowhere.js") }), [inDirectory("nowhere.js"), "workerUrl"])
      const url = pathToFileURL(inDirectory("nowhere.js"))
      assertMentions(yield* refusal({ workerUrl: url }), [inDirectory("nowhere.js"), "workerUrl"])
      assertMentions(yield* refusal({ workerUrl: new URL("https://example.org/worker.js") }), ["https:", "workerUrl"])
    }).pipe(Effect.scoped)
  )

  it.live("or is another program, is told to be what ended too early", () =>
    Effect.gen(function* () {
      writeFileSync(inDirectory("other.js"), "export {}")
      assertMentions(yield* refusal({ workerUrl: inDirectory("other.js") }), [inDirectory("other.js"), "workerUrl"])
    }).pipe(Effect.scoped)
  )

  it.effect("or is another program that does not end, is given up after a while", () =>
    Effect.gen(function* () {
      const workerUrl = inDirectory("silent.js")
      writeFileSync(workerUrl, "setInterval(() => {}, 1000)")
      const starting = yield* Effect.forkChild(refusal({ workerUrl }), { startImmediately: true })
      yield* TestClock.adjust("30 seconds")
      assertMentions(yield* Fiber.join(starting), [workerUrl, "workerUrl", "30 seconds"])
    }).pipe(Effect.scoped)
  )
})

describe("a launcher that cannot be started", () => {
  const cases: ReadonlyArray<
    readonly [what: string, options: () => BrokerOptions, mentions: () => ReadonlyArray<string>]
  > = [
    [
      "since its file is not there",
      () => ({ launcherPath: inDirectory("nowhere.js") }),
      () => [inDirectory("nowhere.js"), "launcherPath"]
    ],
    [
      "since its file is another program",
      () => ({ launcherPath: inDirectory("fails.js") }),
      () => [inDirectory("fails.js"), "exit code 5", "launcherPath"]
    ],
    [
      "since what is to run it may not be run",
      () => ({ execPath: inDirectory("not executable") }),
      () => [inDirectory("not executable"), "EACCES", "execPath"]
    ],
    ["since what is to run it is not there", () => ({ execPath: "/nonexistent" }), () => ["ENOENT", "execPath"]]
  ]

  beforeAll(() => {
    writeFileSync(inDirectory("fails.js"), "process.exit(5)")
    copyFileSync("/bin/true", inDirectory("not executable"))
    chmodSync(inDirectory("not executable"), 0o600)
  })

  for (const [what, options, mentions] of cases) {
    it.live(`${what}, fails by name where it was asked for`, () =>
      Effect.gen(function* () {
        assertMentions(yield* refusal({ spawner: "launcher", ...options() }), mentions())
      }).pipe(Effect.scoped)
    )

    it.live(`${what}, is done without otherwise, with a warning that says why`, () =>
      Effect.gen(function* () {
        const { broker, client, logged } = yield* start(options())
        assert.strictEqual((yield* broker.stats).spawner, "direct")
        assert.strictEqual((yield* client.run("printf", ["all the same"])).stdout, "all the same")
        assert.strictEqual(logged.length, 1)
        assertMentions(logged[0]!, ["from the worker itself", ...mentions()])
      }).pipe(Effect.scoped)
    )
  }

  it.live("leaves nothing behind, however often it is tried", () =>
    Effect.gen(function* () {
      const attempts = Effect.forEach(cases, ([, options]) => refusal({ spawner: "launcher", ...options() }))
      yield* Effect.scoped(attempts)
      const before = openFiles()
      yield* Effect.scoped(Effect.andThen(attempts, attempts))
      assert.deepStrictEqual(openFiles(), before)
      assert.deepStrictEqual(
        descendants().filter(({ command }) => command.includes(directory)),
        []
      )
    })
  )
})
