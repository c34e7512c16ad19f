/**
 * Reads in a process of its own, which runs only while nobody else wants to, and can be made to rest in the middle of a regular
 * expression, as no thread can.
 */
import { StringDecoder } from "node:string_decoder"
import { findTool } from "../confine/find-tool.ts"
import type { Spawned, Spawner, SpawnRequest } from "../spawn/Spawner.ts"
import type { ReaderSeat, ReaderSeatListener, StartReaderSeat } from "./Reader.ts"
import { Rests } from "./Rests.ts"
import { type FromReader, type Question, READER_HEAP, type ReaderStart } from "./thread-messages.ts"

export interface ReaderProgram {
  /** The file of the broker's thread. In a process it reads the history. */
  readonly workerFile: string
  /** What runs it: Node, or an Electron that is told to be Node. */
  readonly execPath: string
  /** Directory in which its compiled code is kept, if there is one. */
  readonly codeCache: string | undefined
}

export const readerProcess = (spawner: Spawner, program: ReaderProgram, start: ReaderStart): StartReaderSeat => {
  const request = requestOf(program)
  return (listener) => new ReaderProcess(spawner.spawn(request), start, listener)
}

class ReaderProcess implements ReaderSeat {
  readonly #child: Promise<Spawned>
  readonly #rests: Rests

  constructor(starting: Promise<Spawned>, start: ReaderStart, listener: ReaderSeatListener) {
    this.#child = starting
    // Where it has ended, that is told by itself.
    this.#rests = new Rests((signal) => void starting.then((child) => child.signal(signal)).catch(() => {}))
    starting.then(
      (child) => this.#run(child, listener),
      (cause: Error) => listener.ended(`a process that reads it could not be started (${cause.message})`)
    )
    this.#tell(start)
  }

  ask(question: Question): void {
    this.#tell(question)
    this.#rests.begin()
  }

  async end(): Promise<void> {
    this.#rests.end()
    const child = await this.#child.catch(() => undefined)
    if (child === undefined) return
    await child.signal("SIGKILL")
    await child.exited
  }

  #tell(message: ReaderStart | Question): void {
    const line = Buffer.from(`${JSON.stringify(message)}\n`)
    void this.#child.then(({ inputs }) => inputs.get(0)!.write(line, () => {})).catch(() => {})
  }

  #run(child: Spawned, listener: ReaderSeatListener): void {
    const decoder = new StringDecoder()
    let parts: Array<string> = []
    const data = (chunk: Uint8Array): void => {
      const [first, ...others] = decoder.write(Buffer.from(chunk)).split("\n")
      parts.push(first!)
      for (const next of others) {
        this.#told(parse(parts.join("")), listener)
        parts = [next]
      }
    }
    child.outputs.get(1)!.start({ data, end: () => {} })
    void child.exited.then(({ code, signal }) => {
      this.#rests.end()
      listener.ended(`the process that reads it ended with ${signal ?? `exit code ${code}`}`)
    })
  }

  #told(message: FromReader, listener: ReaderSeatListener): void {
    if (message._tag !== "Ready") this.#rests.end()
    listener.told(message)
  }
}

const parse = (line: string): FromReader => {
  try {
    return JSON.parse(line) as FromReader
  } catch {
    return { _tag: "Problem", problem: "what the process that reads it says is no JSON", isQuestion: false }
  }
}

/**
 * By the class SCHED_IDLE, see sched(7), for which Node has no call and chrt(1) is there. Without that it is only nice. All of its
 * threads are born into that.
 */
const IDLE = 'chrt -i -p 0 $$; exec "$0" "$@"'

const requestOf = ({ workerFile, execPath, codeCache }: ReaderProgram): SpawnRequest => {
  const shell = findTool("sh")
  const args = [
    "--v8-pool-size=0",
    `--max-semi-space-size=${READER_HEAP.youngMb}`,
    `--max-old-space-size=${READER_HEAP.oldMb}`,
    "--disable-warning=ExperimentalWarning",
    workerFile
  ]
  return {
    ...(shell === undefined
      ? { file: execPath, argv0: execPath, args }
      : { file: shell, argv0: "sh", args: ["-c", IDLE, execPath, ...args] }),
    cwd: "/",
    env: {
      PATH: "/usr/bin:/bin",
      ELECTRON_RUN_AS_NODE: "1",
      ...(codeCache !== undefined && { NODE_COMPILE_CACHE: codeCache })
    },
    stdio: ["input", "output", "ignore"]
  }
}
