/**
 * Where a project that is up can be reached: a directory of its user's, one for each project's directory.
 *
 * | file | what |
 * |---|---|
 * | `broker.sock` | clients: sessions with the broker, each with its token |
 * | `project.sock` | the commands of the project's user: one request a connection |
 * | `token` | what both ask for of the commands |
 * | `lock` | held as long as the project is up |
 * | `up.log` | what a project in the background says |
 */
import { createHash } from "node:crypto"
import { lstatSync, mkdirSync, realpathSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"

export interface ProjectPlace {
  readonly directory: string
  readonly brokerSocket: string
  readonly projectSocket: string
  readonly tokenFile: string
  readonly lockFile: string
  readonly logFile: string
}

/** The longest path of a UNIX socket: `sun_path` has 108 bytes, and ends with a NUL. */
const MAX_SOCKET_PATH = 107

/** Of the project whose configuration this is. Nothing is made. */
export const placeOf = (configFile: string): ProjectPlace => {
  const project = realpathSync(dirname(configFile))
  const id = createHash("sha256").update(project).digest("hex").slice(0, 16)
  const directory = join(baseDirectory(), id)
  return {
    directory,
    brokerSocket: join(directory, "broker.sock"),
    projectSocket: join(directory, "project.sock"),
    tokenFile: join(directory, "token"),
    lockFile: join(directory, "lock"),
    logFile: join(directory, "up.log")
  }
}

const baseDirectory = (): string => {
  const { XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: state } = process.env
  if (runtime?.startsWith("/") === true) return join(runtime, "spawnbroker")
  return join(state?.startsWith("/") === true ? state : join(homedir(), ".local/state"), "spawnbroker")
}

/** Makes the directory, or fails if somebody else can reach into it. */
export const makePlace = (place: ProjectPlace): void => {
  mkdirSync(place.directory, { recursive: true, mode: 0o700 })
  if (Buffer.byteLength(place.projectSocket) > MAX_SOCKET_PATH) {
    throw unusable(`${place.projectSocket} is too long for a socket; set XDG_RUNTIME_DIR to a shorter one`)
  }
  for (const directory of [dirname(place.directory), place.directory]) {
    const { mode, uid } = lstatSync(directory)
    if (uid !== process.getuid?.()) throw unusable(`${directory} is not yours; take it away, or set XDG_RUNTIME_DIR`)
    if ((mode & 0o077) !== 0) throw unusable(`others can reach into ${directory}; do: chmod 700 ${directory}`)
  }
}

const unusable = (problem: string): Failure =>
  new Failure({ exitCode: exitCodes.unavailable, message: `Cannot use the project's directory: ${problem}.` })
