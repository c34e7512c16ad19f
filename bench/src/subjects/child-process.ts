/** The control: Node's own module, on the main thread. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fromNodeProcess } from "./node-process.ts"
import type { MakeSubject } from "./Subject.ts"

const open = (command: string, args: ReadonlyArray<string>) => spawn(command, args, { stdio: "pipe" })

export const childProcess: MakeSubject = async () => ({
  run: async (command, args, onData) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
    child.stdout.on("data", (chunk: Buffer) => onData(chunk.byteLength))
    child.stderr.resume()
    await once(child, "close")
  },
  ...fromNodeProcess((command, args) => {
    const child = open(command, args)
    return { child, exit: once(child, "exit") }
  }),
  countLines: async (command, args) => {
    const child = open(command, args)
    let lines = 0
    child.stderr.resume()
    createInterface({ input: child.stdout }).on("line", () => (lines += 1))
    await once(child, "close")
    return lines
  },
  readErrors: async (command, args) => {
    const child = open(command, args)
    let errors = 0
    child.stderr.resume()
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { level } = JSON.parse(line) as { readonly level: string }
      if (level === "error") errors += 1
    })
    await once(child, "close")
    return errors
  },
  close: async () => {}
})
