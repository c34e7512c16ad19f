/**
 * Starts this command once more, in the background, and waits until it says that it is up.
 *
 * It is the one process that no broker can start: it must outlive whoever starts it, which is what a broker promises that none
 * of its processes does, and it is what has the broker. So it is started here, with Node's own means (see `layers.ts`).
 */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import type { Readable } from "node:stream"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import { makePlace, type ProjectPlace } from "./ProjectPlace.ts"
import { READY_FD } from "./tell-ready.ts"

const main = fileURLToPath(new URL("../main.ts", import.meta.url))

/** The descriptor at which it says so. */
const FD = 3

/** Answers its PID. */
export const startInBackground = (place: ProjectPlace, config: string): Effect.Effect<number, Failure> =>
  Effect.callback((resume) => {
    makePlace(place)
    const log = openSync(place.logFile, "w", 0o600)
    const child = spawn(process.execPath, [...process.execArgv, main, "up", "--config", config], {
      // A session of its own: what happens to this terminal does not reach it.
      detached: true,
      cwd: dirname(config),
      stdio: ["ignore", log, log, "pipe"],
      env: { ...process.env, [READY_FD]: String(FD) }
    })
    closeSync(log)
    const fail = (why: string): void => {
      const said = readFileSync(place.logFile, "utf8").trim()
      const message = said === "" ? `It could not be started: ${why}.` : said
      resume(Effect.fail(new Failure({ exitCode: child.exitCode ?? exitCodes.unavailable, message })))
    }
    child.once("error", (cause) => fail(cause.message))
    let answer = ""
    const ready = child.stdio[FD] as Readable
    ready.on("data", (chunk: Buffer) => (answer += chunk.toString()))
    ready.once("close", () => {
      if (answer.startsWith("ready")) {
        child.unref()
        return resume(Effect.succeed(child.pid!))
      }
      // It has ended, or will: the pipe is its own.
      if (child.exitCode !== null || child.signalCode !== null) return fail("it has ended")
      child.once("exit", () => fail("it has ended"))
    })
  })
