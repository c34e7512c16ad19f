/**
 * The file that says which process a replica of a daemon is.
 *
 * Its first line is the PID, for whoever reads such files. A PID alone is not a process: once that has ended the number may be
 * another's. So the second line has when the process was started, in which boot of the machine, and the incarnation, a number
 * that the process also has in its environment. A file that somebody else has written can so name no process but one that has
 * been started under the same name, by a broker.
 */
import { constants, readFileSync } from "node:fs"
import { rename, unlink } from "node:fs/promises"
import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { bearsMark } from "../../../child/bears-mark.ts"
import { factsOf } from "../../../child/process-facts.ts"
import type { ProcessIdentity } from "../../../child/process-tree.ts"
import { type Directory, withDirectory } from "./Directory.ts"

const MAX_PID_FILE_BYTES = 4096
/** Looks at a process that cannot be told, and the pause between two. More: later that it is a stranger's. */
const LOOKS = 4
const LOOK_AGAIN_MS = 20

const pattern =
  /^(?<pid>[1-9][0-9]{0,9})\n(?:start=(?<start>[0-9]+) boot=(?<boot>[0-9a-f-]+) incarnation=(?<incarnation>[0-9a-f]+)\n)?/

/** What is looked for in the environment of the process. */
export type Marks = Readonly<Record<string, string>>

/** The variable that has the incarnation. */
export const INCARNATION = "SPAWNBROKER_INCARNATION"

export const newIncarnation = (): string => randomBytes(16).toString("hex")

/** What a PID file comes to. */
export type PidFileState =
  | { readonly _tag: "Absent" }
  /** It names a process that has ended, or one that has got its number since. */
  | { readonly _tag: "Stale"; readonly pid: number | undefined }
  /** The process runs, and is the daemon. */
  | { readonly _tag: "Alive"; readonly identity: ProcessIdentity; readonly incarnation: string }
  /** A process of that number runs, and it cannot be told whether it is the daemon. */
  | { readonly _tag: "Unknown"; readonly pid: number }

export class PidFile {
  readonly path: string
  readonly #roots: ReadonlyArray<ReadonlyArray<string>>

  constructor(path: string, roots: ReadonlyArray<ReadonlyArray<string>>) {
    this.path = path
    this.#roots = roots
  }

  /** Looks at the file, and at the process that it names. `marks`: the variables that the daemon has been given. */
  read(marks: Marks): Promise<PidFileState> {
    return withDirectory(this.path, this.#roots, async (directory, name): Promise<PidFileState> => {
      if (!(await directory.exists(name))) return { _tag: "Absent" }
      const found = pattern.exec(await readAll(directory, name))?.groups
      return found === undefined ? { _tag: "Stale", pid: undefined } : judgeInPeace(found, marks)
    })
  }

  /** Writes it whole, or not at all. */
  write({ pid, startTime }: ProcessIdentity, incarnation: string): Promise<void> {
    return withDirectory(this.path, this.#roots, async (directory, name) => {
      const temporary = `.${name.slice(0, 200)}.${randomBytes(6).toString("hex")}`
      const file = await directory.open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
      try {
        await file.writeFile(`${pid}\nstart=${startTime} boot=${bootId()} incarnation=${incarnation}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      try {
        await rename(directory.file(temporary), directory.file(name))
      } catch (cause) {
        await unlink(directory.file(temporary)).catch(() => {})
        throw cause
      }
    })
  }

  /** Takes it away, if it is that of an incarnation. */
  remove(incarnation: string): Promise<void> {
    return withDirectory(this.path, this.#roots, async (directory, name) => {
      if (!(await directory.exists(name))) return
      const found = pattern.exec(await readAll(directory, name))?.groups
      if (found?.incarnation === incarnation) await unlink(directory.file(name))
    })
  }
}

/** A process that is just becoming another program has no environment for a moment. */
const judgeInPeace = async (...file: Parameters<typeof judge>): Promise<PidFileState> => {
  let state = judge(...file)
  for (let look = 1; look < LOOKS && state._tag === "Unknown"; look++) {
    await sleep(LOOK_AGAIN_MS)
    state = judge(...file)
  }
  return state
}

const judge = (found: Readonly<Record<string, string | undefined>>, marks: Marks): PidFileState => {
  const pid = Number(found.pid)
  const facts = factsOf(pid)
  if (facts === undefined || !facts.isAlive) return { _tag: "Stale", pid }
  // Of another daemon: written by hand, or by a program of another kind.
  if (found.start === undefined) return { _tag: "Unknown", pid }
  if (facts.startTime !== Number(found.start) || found.boot !== bootId()) return { _tag: "Stale", pid }
  const identity = { pid, startTime: facts.startTime }
  const isOurs = facts.session === pid && bearsMark(identity, { ...marks, [INCARNATION]: found.incarnation! })
  return isOurs ? { _tag: "Alive", identity, incarnation: found.incarnation! } : { _tag: "Unknown", pid }
}

const readAll = async (directory: Directory, name: string): Promise<string> => {
  const file = await directory.open(name, constants.O_RDONLY)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_PID_FILE_BYTES), 0, MAX_PID_FILE_BYTES, 0)
    return buffer.toString("latin1", 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Which boot of the machine this is. The start times of two boots cannot be told apart. */
const bootId = (): string => (boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim())

let boot: string | undefined
