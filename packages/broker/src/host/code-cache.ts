/**
 * Where the code of the broker's thread and launcher is kept as V8 has compiled it, so that the next ones are there sooner.
 *
 * Whoever can write there decides what runs in the broker. So each host has a directory of its own, which only its user can
 * enter, and in memory: what runs in a sandbox has another `/dev/shm`. It holds some 4 MB and goes with the host; those of hosts
 * that were killed are taken away by the next one.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { factsOf } from "../child/process-facts.ts"

const MEMORY = "/dev/shm"
const PREFIX = "spawnbroker-code-"

let own: string | undefined

/** The directory of this host, whose brokers all use it. None where there is no such place. */
export const codeCache = (): string | undefined => {
  try {
    return (own ??= open())
  } catch {
    return undefined
  }
}

const open = (): string => {
  removeAbandoned()
  const directory = mkdtempSync(join(MEMORY, `${PREFIX}${process.pid}-${factsOf(process.pid)?.startTime}-`))
  process.once("exit", () => remove(directory))
  return directory
}

/** The name says whose it is: a process by its number and its start. */
const removeAbandoned = (): void => {
  for (const name of readdirSync(MEMORY)) {
    const owner = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split("-") : undefined
    if (owner !== undefined && factsOf(Number(owner[0]))?.startTime !== Number(owner[1])) remove(join(MEMORY, name))
  }
}

/** Another user's cannot be removed, and one to which somebody still writes goes the next time. */
const remove = (directory: string): void => {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch {
    // It is memory that is lost until then, and nothing else.
  }
}
