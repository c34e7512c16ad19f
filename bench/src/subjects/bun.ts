/** Bun.spawn. Runs in Bun only. */
import type { Live, MakeSubject } from "./Subject.ts"
import { ignoreData, read, readOnce } from "./web-streams.ts"

/** As much of Bun as is used here. Its own types would replace those of Node in all of the repository. */
declare const Bun: {
  readonly spawn: (command: ReadonlyArray<string>, options: BunOptions) => BunProcess
}

interface BunOptions {
  readonly stdin: "ignore" | "pipe"
  readonly stdout: "pipe"
  readonly stderr: "pipe"
}

interface BunProcess {
  readonly pid: number
  readonly stdin: { readonly write: (data: Uint8Array) => number; readonly flush: () => unknown }
  readonly stdout: ReadableStream<Uint8Array>
  readonly stderr: ReadableStream<Uint8Array>
  readonly exited: Promise<number>
  readonly kill: () => void
}

const open = (command: string, args: ReadonlyArray<string>, stdin: BunOptions["stdin"]): BunProcess =>
  Bun.spawn([command, ...args], { stdin, stdout: "pipe", stderr: "pipe" })

const live = (process: BunProcess, reading: Promise<unknown>): Live => ({
  pid: process.pid,
  write: (data) => {
    process.stdin.write(data)
    process.stdin.flush()
  },
  stop: async () => {
    process.kill()
    await Promise.all([process.exited, reading])
  }
})

export const bun: MakeSubject = async () => ({
  run: async (command, args, onData) => {
    const process = open(command, args, "ignore")
    await Promise.all([read(process.stdout, onData), read(process.stderr, ignoreData), process.exited])
  },
  start: async (command, args, onData) => {
    const process = open(command, args, "pipe")
    return live(process, Promise.all([read(process.stdout, onData), read(process.stderr, ignoreData)]))
  },
  startUnread: async (command, args) => {
    const process = open(command, args, "pipe")
    await readOnce(process.stdout)
    return live(process, read(process.stderr, ignoreData))
  },
  close: async () => {}
})
