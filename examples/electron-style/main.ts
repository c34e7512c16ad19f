/**
 * The main process of an app in Electron's style: one broker, two windows, a token for each.
 *
 * With Electron, `BrowserWindow` and `MessageChannelMain` come from "electron"; nothing else changes. Here they come from
 * a double, since Electron cannot be had where this is tested.
 */
import { fileURLToPath } from "node:url"
import { Broker, type BrokerHandle, type Policy } from "@spawnbroker/broker"
import { BrowserWindow, MessageChannelMain } from "@spawnbroker/testing/electron"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

const page = fileURLToPath(new URL("./window.ts", import.meta.url))

const policies: ReadonlyArray<Policy> = [
  {
    subject: "words",
    commands: [
      { command: "wc", args: [["-w"]] },
      { command: "sleep", args: [["1000"]] }
    ]
  },
  {
    subject: "sorter",
    commands: [
      { command: "sort", args: [["-r"]] },
      { command: "sleep", args: [["1000"]] }
    ]
  }
]

const say = (line: string): void => console.log(line)

/** A window that gets its port and its token whenever its page has loaded, and ends with the scope. */
const openWindow = (broker: BrokerHandle, policy: Policy) =>
  Effect.gen(function* () {
    const token = yield* broker.mint(policy)
    const window = yield* Effect.acquireRelease(
      Effect.sync(() => new BrowserWindow()),
      (opened) => Effect.promise(() => opened.close())
    )
    const run = Effect.runForkWith(yield* Effect.context())
    window.webContents.on("did-finish-load", () => {
      const { port1, port2 } = new MessageChannelMain()
      run(broker.attachPort(port1))
      window.webContents.postMessage("broker", { token }, [port2])
    })
    window.webContents.ipc.on("line", (_event: unknown, line: string) => say(`${policy.subject}: ${line}`))
    yield* untilDone(window, () => window.loadFile(page))
    return window
  })

/** Waits until the page has done its work and has left one process running. */
const untilDone = (window: BrowserWindow, start: () => Promise<void>) =>
  Effect.callback<void>((resume) => {
    window.webContents.ipc.once("done", () => resume(Effect.void))
    void start()
  })

/** How many processes the broker runs, once they are as many as that. */
const liveProcesses = (broker: BrokerHandle, count: number) =>
  broker.stats.pipe(
    Effect.repeat({ until: ({ processes }) => processes.live === count, schedule: Schedule.spaced("10 millis") }),
    Effect.map(({ processes, sessions }) => `${processes.live} processes run, for ${sessions} windows`)
  )

const program = Effect.gen(function* () {
  const broker = yield* Broker.start()
  const [words, sorter] = yield* Effect.all(policies.map((policy) => openWindow(broker, policy)))
  say(`main: ${yield* liveProcesses(broker, 2)}`)

  sorter!.webContents.forcefullyCrashRenderer()
  say(`main: the window "sorter" has crashed; ${yield* liveProcesses(broker, 1)}`)

  // Its process ends with the old page; the new page starts its own.
  yield* untilDone(words!, () => words!.webContents.reload())
  say(`main: the window "words" was reloaded; ${yield* liveProcesses(broker, 1)}`)

  yield* Effect.promise(() => words!.close())
  say(`main: the window "words" was closed; ${yield* liveProcesses(broker, 0)}`)
}).pipe(Effect.scoped)

await Effect.runPromise(program)
say("main: done")
