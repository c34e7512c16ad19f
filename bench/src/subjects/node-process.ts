import { once } from "node:events"
import type { Readable, Writable } from "node:stream"
import type { Live, Subject } from "./Subject.ts"

/** The part of Node's ChildProcess that execa has kept. */
interface NodeProcess {
  readonly pid?: number | undefined
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly kill: () => boolean
}

interface Opened {
  readonly child: NodeProcess
  /** Settles once it has exited. */
  readonly exit: Promise<unknown>
}

/** Processes that stay, over Node's streams: the `data` event, and `pause` for the reader that stops. */
export const fromNodeProcess = (
  open: (command: string, args: ReadonlyArray<string>) => Opened
): Pick<Subject, "start" | "startUnread"> => ({
  start: async (command, args, onData) => {
    const opened = open(command, args)
    opened.child.stdout.on("data", (chunk: Buffer) => onData(chunk.byteLength))
    opened.child.stderr.resume()
    return live(opened)
  },
  startUnread: async (command, args) => {
    const opened = open(command, args)
    const { stdout, stderr } = opened.child
    stderr.resume()
    await once(stdout, "data")
    stdout.pause()
    return live(opened)
  }
})

const live = ({ child, exit }: Opened): Live => {
  if (child.pid === undefined) throw new Error("the process did not start")
  return {
    pid: child.pid,
    write: (data) => void child.stdin.write(data),
    stop: async () => {
      child.kill()
      await exit
    }
  }
}
