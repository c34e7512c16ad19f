/**
 * Pipes of the kernel, which Node has no call for: some at a time, since each way to get them takes a program.
 *
 * A shell whose here-documents are pipes (dash, busybox, bash from 5.1 on) has as many as it is asked for, and through /proc
 * we open both of their ends again, as new descriptors of ours. Where there is no such shell, mkfifo makes them with a name, which
 * they lose as soon as they are open. These are nearly as good: on Linux a child that opens /dev/stdin by that name waits for
 * a writer, even if there was one.
 */
import type { ChildProcess } from "node:child_process"
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mkfifoFile, openPipeEnd, type PipeEnd } from "./open-pipe.ts"
import { type ChildRequest, errnoOf, startChild, type StdioSlot } from "./start-child.ts"

/** Descriptors of this process, which no child inherits unless it is given them. They wait in the kernel, as children expect. */
export type PipeEnds = Readonly<Record<PipeEnd, number>>

/** The descriptors of a here-document that every shell can name. So many pipes are made at a time. */
const shellFds = [3, 4, 5, 6, 7, 8, 9]

/** Each here-document is one newline. It says that it is there, and waits until we have opened what we want. */
const script = `exec ${shellFds.map((fd) => `${fd}<<E`).join(" ")}\n${shellFds.map(() => "\nE\n").join("")}echo; read x\n`

/** Errnos that say "not now". */
const shortages = new Set(["EMFILE", "ENFILE", "ENOMEM"])

let isShellKnownToFail = process.platform !== "linux"

/** Rejects with a cause that has an errno name as its `code`. */
export const makePipes = async (): Promise<ReadonlyArray<PipeEnds>> => {
  if (!isShellKnownToFail) {
    const pipes = await pipesOfShell()
    if (pipes !== undefined) return pipes
    isShellKnownToFail = true
  }
  return fifos()
}

/** None if this shell keeps its here-documents elsewhere, or there is no shell. */
export const pipesOfShell = async (): Promise<ReadonlyArray<PipeEnds> | undefined> => {
  const shell = await start({ file: "/bin/sh", argv0: "sh", args: ["-c", script], env: {} }, ["pipe", "pipe", "ignore"])
  if (shell === "ENOENT") return undefined
  if (typeof shell === "string") throw failure(shell)
  const exited = new Promise((resolve) => shell.once("exit", resolve))
  const isReady = await Promise.race([
    new Promise<boolean>((resolve) => shell.stdout!.once("data", () => resolve(true))),
    exited.then(() => false)
  ])
  try {
    return isReady ? openAll(shellFds, (fd) => openNameless(`/proc/${shell.pid}/fd/${fd}`)) : undefined
  } catch (cause) {
    // There is no /proc, or we may not look into it.
    if (shortages.has(errnoOf(cause))) throw cause
    return undefined
  } finally {
    // It has the ends that are read from, too: before it is gone no writer would hear that its reader is.
    shell.kill("SIGKILL")
    await exited
    for (const stream of shell.stdio) stream?.destroy()
  }
}

/** None of them, if one is no pipe. */
const openAll = <A>(
  all: ReadonlyArray<A>,
  open: (one: A) => PipeEnds | undefined
): ReadonlyArray<PipeEnds> | undefined => {
  const opened: Array<PipeEnds> = []
  try {
    for (const one of all) {
      const ends = open(one)
      if (ends === undefined) return closeAll(opened)
      opened.push(ends)
    }
    return opened
  } catch (cause) {
    closeAll(opened)
    throw cause
  }
}

const closeAll = (pipes: ReadonlyArray<PipeEnds>): undefined => {
  for (const { read, write } of pipes) {
    closeSync(read)
    closeSync(write)
  }
}

/** Both ends of a pipe that somebody has open, without the newline that is in it; none if it is another kind of file. */
const openNameless = (path: string): PipeEnds | undefined => {
  const read = openSync(path, constants.O_RDONLY)
  try {
    if (fstatSync(read).isFIFO() && readSync(read, Buffer.alloc(2)) === 1) {
      return { read, write: openSync(path, constants.O_WRONLY) }
    }
  } catch (cause) {
    closeSync(read)
    throw cause
  }
  closeSync(read)
  return undefined
}

/** The same from mkfifo. */
export const fifos = async (): Promise<ReadonlyArray<PipeEnds>> => {
  const directory = mkdtempSync(join(tmpdir(), "spawnbroker-pipes-"))
  try {
    const names = shellFds.map((fd) => `${fd}`)
    const request = { file: mkfifoFile(), argv0: "mkfifo", args: ["-m", "600", ...names], env: {} }
    const mkfifo = await start({ ...request, cwd: directory }, ["ignore", "ignore", "ignore"])
    // That this program is not there must not look as if the command of a client were not there.
    if (typeof mkfifo === "string") throw failure(mkfifo === "ENOENT" ? "ENOSYS" : mkfifo)
    if ((await new Promise((resolve) => mkfifo.once("exit", resolve))) !== 0) throw failure("EIO")
    return openAll(names, (name) => openFifo(join(directory, name)))!
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const openFifo = (path: string): PipeEnds => {
  const write = openPipeEnd(path, "write")
  try {
    return { write, read: openPipeEnd(path, "read") }
  } catch (cause) {
    closeSync(write)
    throw cause
  }
}

/** A program that has been started, or the errno that says why not. */
const start = (
  request: Omit<ChildRequest, "cwd"> & { readonly cwd?: string },
  stdio: ReadonlyArray<StdioSlot>
): Promise<ChildProcess | string> =>
  new Promise((resolve) => {
    const child = startChild({ cwd: "/", ...request }, stdio, {
      started: () => {},
      failed: resolve,
      exited: () => {}
    })
    if (child !== undefined) resolve(child)
  })

const failure = (code: string): Error => Object.assign(new Error(`no pipe: ${code}`), { code })
