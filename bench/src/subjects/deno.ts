/** Deno.Command. Runs in Deno only. */
import type { Live, MakeSubject } from "./Subject.ts"
import { ignoreData, read, readOnce } from "./web-streams.ts"

/** As much of Deno as is used here. Its own types would replace those of Node in all of the repository. */
declare const Deno: {
  readonly Command: new (command: string, options: DenoOptions) => { readonly spawn: () => DenoProcess }
}

interface DenoOptions {
  readonly args: ReadonlyArray<string>
  readonly stdin: "null" | "piped"
  readonly stdout: "piped"
  readonly stderr: "piped"
}

interface DenoProcess {
  readonly pid: number
  readonly stdin: WritableStream<Uint8Array>
  readonly stdout: ReadableStream<Uint8Array>
  readonly stderr: ReadableStream<Uint8Array>
  readonly status: Promise<unknown>
  readonly kill: () => void
}

const open = (command: string, args: ReadonlyArray<string>, stdin: DenoOptions["stdin"]): DenoProcess =>
  new Deno.Command(command, { args, stdin, stdout: "piped", stderr: "piped" }).spawn()

const live = (process: DenoProcess, reading: Promise<unknown>): Live => {
  const input = process.stdin.getWriter()
  return {
    pid: process.pid,
    write: (data) => void input.write(data),
    stop: async () => {
      process.kill()
      await Promise.all([process.status, reading])
    }
  }
}

export const deno: MakeSubject = async () => ({
  run: async (command, args, onData) => {
    const process = open(command, args, "null")
    await Promise.all([read(process.stdout, onData), read(process.stderr, ignoreData), process.status])
  },
  start: async (command, args, onData) => {
    const process = open(command, args, "piped")
    return live(process, Promise.all([read(process.stdout, onData), read(process.stderr, ignoreData)]))
  },
  startUnread: async (command, args) => {
    const process = open(command, args, "piped")
    await readOnce(process.stdout)
    return live(process, read(process.stderr, ignoreData))
  },
  close: async () => {}
})
