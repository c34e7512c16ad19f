/**
 * How far a session has asked for the output of each process: what `readOutput` gives is what came since.
 */
import { concatBytes, type Fd, type ProcessStatus } from "@spawnbroker/protocol"
import type { Process } from "../process/Process.ts"

/** Processes whose place one session remembers. The longest unasked is forgotten, and would be read from what is kept. */
const MAX_CURSORS = 4096

interface StreamOutput {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly dropped: number
}

export interface BufferedOutput {
  readonly stdout: StreamOutput
  readonly stderr: StreamOutput
  readonly status: ProcessStatus
  readonly ended: boolean
}

export class OutputCursors {
  /** Offsets of stdout and stderr up to which the session has everything. */
  readonly #cursors = new Map<string, Map<Fd, number>>()

  /** What is kept and new to the session. */
  read(process: Process): BufferedOutput {
    const cursor = this.#cursors.get(process.id) ?? new Map<Fd, number>()
    this.#cursors.delete(process.id)
    this.#cursors.set(process.id, cursor)
    if (this.#cursors.size > MAX_CURSORS) this.#cursors.delete(this.#cursors.keys().next().value!)
    return {
      stdout: readStream(process, 1, cursor),
      stderr: readStream(process, 2, cursor),
      status: process.status,
      ended: process.hasExited && process.streams?.haveEnded !== false
    }
  }
}

const readStream = ({ streams }: Process, fd: Fd, cursor: Map<Fd, number>): StreamOutput => {
  const from = cursor.get(fd) ?? 0
  const pieces =
    streams?.replay.read(
      (each) => each === fd,
      () => from
    ) ?? []
  const total = streams?.outputs.get(fd)?.totalBytes ?? 0
  const bytes = concatBytes(pieces.map((piece) => piece.bytes))
  cursor.set(fd, total)
  return { bytes, dropped: total - from - bytes.byteLength }
}
