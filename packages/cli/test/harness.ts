/** Runs the command as a user would: a process of its own, through pipes or in a pseudo-terminal. */
import { Broker } from "@spawnbroker/broker"
import {
  Client,
  type ClientHandle,
  type ProcessHandle,
  type RunOptions,
  type RunResult,
  type SpawnOptions
} from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { spawn as spawnInTerminal } from "@lydell/node-pty"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout } from "node:timers/promises"

export const main = join(import.meta.dirname, "../src/main.ts")

/** A directory of its own for a test, with files in it; what runs in it cannot reach another test's projects. */
export class Place {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "cli-")))
  readonly runtime = join(this.path, "run")

  constructor(files: Readonly<Record<string, unknown>> = {}) {
    for (const [name, content] of Object.entries(files)) this.write(name, content)
  }

  write(name: string, content: unknown): string {
    const file = join(this.path, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2))
    return file
  }

  get env(): Record<string, string> {
    return {
      XDG_RUNTIME_DIR: this.runtime,
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      HOME: this.path,
      TERM: "xterm-256color"
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export interface Cli {
  readonly place: Place
  readonly run: (args: ReadonlyArray<string>, options?: RunOptions) => Effect.Effect<RunResult, any>
  readonly spawn: (args: ReadonlyArray<string>, options?: SpawnOptions) => ReturnType<ClientHandle["spawn"]>
}

/** Does something with the command in a place of its own. Whatever project is up there is down afterwards. */
export const withCli = <A>(
  files: Readonly<Record<string, unknown>>,
  use: (cli: Cli) => Effect.Effect<A, any, any>
): Promise<A> =>
  Effect.gen(function* () {
    const place = yield* Effect.acquireRelease(
      Effect.sync(() => new Place(files)),
      (made) => Effect.sync(() => made.remove())
    )
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const policy = {
      subject: "cli's test",
      commands: [{ command: process.execPath, args: true as const }],
      cwd: [place.path],
      env: { values: place.env, set: ["NO_COLOR", "FORCE_COLOR", "SECRET_OF_TEST"] }
    }
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(policy))
    const cli: Cli = {
      place,
      run: (args, options) => client.run(process.execPath, [main, ...args], { cwd: place.path, ...options }),
      spawn: (args, options) =>
        client.spawn(process.execPath, [main, ...args], { cwd: place.path, ...options }) as never
    }
    const isProject = Object.keys(files).some((name) => name.startsWith("spawnbroker.config"))
    return yield* use(cli).pipe(Effect.ensuring(isProject ? Effect.ignore(cli.run(["down", "--now"])) : Effect.void))
  }).pipe(Effect.scoped, (effect) => Effect.runPromise(effect as Effect.Effect<A, any>))

/** Reads on until a line fits. */
export const waitForLine = (process: ProcessHandle<"stdout">, fits: RegExp): Effect.Effect<string, any> =>
  process.stdoutLines.pipe(
    Stream.filter((line) => fits.test(line)),
    Stream.runHead,
    Effect.flatMap((found) => Effect.fromOption(found))
  )

/** Looks until it is so: for what no event tells. */
export const eventually = <A>(what: string, look: Effect.Effect<A>, holds: (seen: A) => boolean): Effect.Effect<A> =>
  look.pipe(
    Effect.repeat({ until: holds, schedule: Schedule.spaced("10 millis") }),
    Effect.timeoutOrElse({
      duration: "30 seconds",
      orElse: () => Effect.die(new Error(`it never came to this: ${what}`))
    })
  )

/** The command in a pseudo-terminal, and what it has written to it so far. */
export class Terminal {
  readonly #pty: ReturnType<typeof spawnInTerminal>
  readonly exit: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>
  output = ""
  #heard = (): void => {}

  constructor(place: Place, args: ReadonlyArray<string>) {
    this.#pty = spawnInTerminal(process.execPath, [main, ...args], {
      cols: 100,
      rows: 30,
      cwd: place.path,
      env: place.env
    })
    this.#pty.onData((data) => {
      this.output += data
      this.#heard()
    })
    this.exit = new Promise((resolve) => this.#pty.onExit(resolve))
  }

  write(keys: string): void {
    this.#pty.write(keys)
  }

  get pid(): number {
    return this.#pty.pid
  }

  /** Until a process is in a state of proc(5). */
  async waitForState(pid: number, state: string): Promise<void> {
    for (;;) {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
      if (stat.slice(stat.lastIndexOf(")") + 2).startsWith(state)) return
      await setTimeout(10)
    }
  }

  kill(): void {
    this.#pty.kill("SIGKILL")
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows)
  }

  /** Until what has been written since a place in it fits. Answers the place after that. */
  async waitFor(fits: RegExp, from = 0): Promise<number> {
    for (;;) {
      const found = fits.exec(this.output.slice(from))
      if (found !== null) return from + found.index + found[0].length
      const over = await Promise.race([
        this.exit,
        new Promise<undefined>((resolve) => (this.#heard = () => resolve(undefined)))
      ])
      if (over !== undefined && !fits.test(this.output.slice(from))) {
        throw new Error(`it ended without ${fits}: ${JSON.stringify(this.output)}`)
      }
    }
  }
}

export const CTRL_C = "\u0003"
export const CTRL_Z = "\u001a"

/** A daemon that says what happens to it, and ends when it is told to. */
export const steadyDaemon = `
process.on("SIGTERM", () => { console.log(process.argv[2] + " ends"); process.exit(0) })
setInterval(() => {}, 1000)
console.log(process.argv[2] + " is ready")
`

/** One that takes no notice of SIGTERM. */
export const stubbornDaemon = `
process.on("SIGTERM", () => console.log(process.argv[2] + " does not listen"))
setInterval(() => {}, 1000)
console.log(process.argv[2] + " is ready")
`

export const daemon = (name: string, more: object = {}, file = "steady.mjs") => ({
  command: "node",
  args: [file, name],
  readiness: { log: { match: "is ready" } },
  ...more
})

/** Three daemons, each of which depends on the one before it. */
export const threeDaemons = {
  "steady.mjs": steadyDaemon,
  "stubborn.mjs": stubbornDaemon,
  "spawnbroker.config.json": {
    name: "three",
    daemons: {
      web: daemon("web", { dependsOn: { api: "healthy" } }),
      api: daemon("api", { dependsOn: { store: "healthy" } }),
      store: daemon("store")
    },
    policies: { panel: { commands: [{ command: "printf", args: [["%s", { match: "[a-z]+" }]] }] } }
  }
}
