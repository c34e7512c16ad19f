/**
 * Runs the file of the launcher, and nothing more: what is said to it is elsewhere.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import type { Socket } from "node:net"
import { errnoOf } from "../../child/start-child.ts"

export interface LauncherLocation {
  /** Absolute path of the file. */
  readonly file: string
  /** Absolute path of what runs it: Node, or an Electron that is told to be Node. */
  readonly execPath: string
  /** Directory in which its compiled code is kept, if there is one. */
  readonly codeCache: string | undefined
}

export interface LauncherProcess {
  readonly control: Socket
  /** Resolves once it is reaped, to how it ended: `SIGKILL`, `exit code 1`. */
  readonly reaped: Promise<string>
  readonly kill: () => void
}

/** Keeps the launcher small: one thread, no pool, a heap that is never large. */
const nodeFlags = [
  "--single-threaded",
  "--v8-pool-size=0",
  "--max-semi-space-size=1",
  "--disable-warning=ExperimentalWarning"
]

/** Rejects if nothing could be run, and names the option that would help. */
export const runLauncher = async (location: LauncherLocation): Promise<LauncherProcess> => {
  let launcher: ChildProcess | undefined
  try {
    launcher = fork(location)
    await once(launcher, "spawn")
  } catch (cause) {
    // Where there was no descriptor left, it has none, whatever its type says.
    for (const stream of (launcher?.stdio as ChildProcess["stdio"] | undefined) ?? []) stream?.destroy()
    const problem = `${location.execPath} could not be run: ${errnoOf(cause)}`
    throw new Error(`${problem}; \`execPath\` says what runs the launcher`, { cause })
  }
  const child = launcher
  // A signal that cannot be delivered is emitted as an error, and would otherwise be an uncaught one.
  child.on("error", () => {})
  return {
    control: child.stdio[3] as Socket,
    reaped: new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`))),
    kill: () => void child.kill("SIGKILL")
  }
}

const fork = ({ file, execPath, codeCache }: LauncherLocation): ChildProcess =>
  spawn(execPath, [...nodeFlags, file], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    cwd: "/",
    // The first makes an Electron binary behave as Node, which itself does not know it. Children get neither.
    env: { ELECTRON_RUN_AS_NODE: "1", ...(codeCache !== undefined && { NODE_COMPILE_CACHE: codeCache }) },
    detached: true
  })

/** Why a launcher that ran was never ready, in words that help. */
export const explainFailure = ({ file, execPath }: LauncherLocation, problem: string): string =>
  existsSync(file)
    ? `${execPath} ${file} ${problem}; \`launcherPath\` says which file is the launcher`
    : `there is no file ${file}; \`launcherPath\` says where the launcher is`
