/** execa, with `buffer: false`: a user who reads the output as it comes keeps no second copy of it. */
import { execa } from "execa"
import { fromNodeProcess } from "./node-process.ts"
import type { MakeSubject } from "./Subject.ts"

const live = { buffer: false, reject: false, stdout: "pipe", stderr: "pipe" } as const

export const execaSubject: MakeSubject = async () => ({
  run: async (command, args, onData) => {
    const subprocess = execa(command, args, { ...live, stdin: "ignore" })
    subprocess.stdout.on("data", (chunk: Buffer) => onData(chunk.byteLength))
    subprocess.stderr.resume()
    await subprocess
  },
  ...fromNodeProcess((command, args) => {
    const subprocess = execa(command, args, { ...live, stdin: "pipe" })
    return { child: subprocess, exit: Promise.resolve(subprocess) }
  }),
  countLines: async (command, args) => {
    let lines = 0
    for await (const _ of execa(command, args, { ...live, stdin: "ignore" })) lines += 1
    return lines
  },
  close: async () => {}
})
