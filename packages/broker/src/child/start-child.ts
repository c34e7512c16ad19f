/**
 * Starts one child of the process it runs in: the launcher, or the worker where there is no launcher.
 *
 * Every way in which a start can fail comes out the same way, as an errno: Node throws some of them (E2BIG, ENOTDIR,
 * EMFILE on the pipes) and emits others (ENOENT, EACCES). Each child leads a session and so a process group of its own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import type { Socket } from "node:net"
import { areThere, type FileIdentity } from "./FileIdentity.ts"

export interface ChildRequest {
  /** Absolute path of the file that runs. */
  readonly file: string
  /** What the program sees as its own name. */
  readonly argv0: string
  readonly args: ReadonlyArray<string>
  readonly cwd: string
  /** The whole environment; nothing is added. */
  readonly env: Readonly<Record<string, string>>
  /** What must be in its place still when the child is started: the file, the directory. Otherwise nothing is, with ESTALE. */
  readonly expects?: ReadonlyArray<FileIdentity>
  /** It is not ended with whoever has started it: a persistent daemon, which the next broker finds by its PID file. */
  readonly survives?: boolean
}

/** The end of a child as wait(2) tells it: exactly one of the two is set. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: string | null
  /** Absent where the system does not tell. */
  readonly usage?: Usage
}

/** What a child has used, with those of its descendants that it has waited for. */
export interface Usage {
  readonly cpuMs: number
  /** The most resident memory of any of them at a time. Absent where it cannot be told from that of whoever started it. */
  readonly peakRssBytes?: number
}

/** A number is a descriptor of this process. */
export type StdioSlot = "pipe" | "inherit" | "ignore" | Socket | number

export interface ChildListener {
  readonly started: (pid: number) => void
  /** It was never started, for the reason of this errno name. Nothing else is called. */
  readonly failed: (errno: string) => void
  readonly exited: (end: ChildEnd) => void
}

/** Calls `started` before it returns, or `failed` now or a moment later. */
export const startChild = (
  request: ChildRequest,
  stdio: ReadonlyArray<StdioSlot>,
  listener: ChildListener
): ChildProcess | undefined => {
  const child = trySpawn(request, stdio)
  if (typeof child === "string") {
    listener.failed(child)
    return undefined
  }
  if (child.pid === undefined) {
    child.once("error", (cause: NodeJS.ErrnoException) => listener.failed(errnoOf(cause)))
    return undefined
  }
  // A signal that cannot be delivered is emitted as an error, and would otherwise be an uncaught one.
  child.on("error", () => {})
  child.once("exit", (code, signal) => listener.exited({ code, signal }))
  listener.started(child.pid)
  return child
}

const trySpawn = (request: ChildRequest, stdio: ReadonlyArray<StdioSlot>): ChildProcess | string => {
  if (stdio.includes("pipe") && !hasRoom(stdio.length)) return "EMFILE"
  try {
    // Last, so that there is as little time as can be in which it could change once more.
    if (request.expects !== undefined && !areThere(request.expects)) return "ESTALE"
    return spawn(request.file, request.args, {
      argv0: request.argv0,
      cwd: request.cwd,
      env: request.env,
      stdio: [...stdio],
      detached: true,
      windowsHide: true
    })
  } catch (cause) {
    return errnoOf(cause)
  }
}

/**
 * Whether this process has descriptors left for pipes to a child, two for each, and two for libuv's own.
 *
 * Asked before, since a spawn that runs out of them midway leaves those behind that it had opened, out of everybody's
 * reach.
 */
const hasRoom = (pipes: number): boolean => {
  const taken: Array<number> = []
  try {
    for (let i = 0; i < 2 * pipes + 2; i++) taken.push(openSync("/dev/null", "r"))
    return true
  } catch {
    return false
  } finally {
    for (const fd of taken) closeSync(fd)
  }
}

/** The errno name of what Node threw or emitted. */
export const errnoOf = (cause: unknown): string => {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === "string" ? code : "EIO"
}
