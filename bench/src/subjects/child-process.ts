import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import type { MakeSubject } from "./Subject.ts"

/** The control: Node's own module, on the main thread. */
export const childProcess: MakeSubject = Effect.succeed({
  run: (command, args) =>
    new Promise<void>((resolve, reject) => {
      const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
      child.stdout.resume()
      child.stderr.resume()
      child.once("error", reject)
      child.once("close", () => resolve())
    })
})
