import { AUDIT_VERSION } from "@spawnbroker/protocol"
import type { FileHandle } from "node:fs/promises"

/** Bytes that are searched for the end of the last whole line. Higher: longer half lines are taken away. */
const SEARCHED_BYTES = 256 * 1024

const LINE_FEED = 0x0a

/** What every line of an audit begins with. */
const beginning = `{"v":${AUDIT_VERSION},`

/**
 * Sees to it that the next line begins as one, whatever a writer that was killed within a write has left. Half a line of an audit
 * is taken away. What is none is somebody else's, and kept: it is only ended. Answers the length of the file.
 */
export const mendEnd = async (handle: FileHandle, bytes: number): Promise<number> => {
  if (bytes === 0) return 0
  const from = Math.max(bytes - SEARCHED_BYTES, 0)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes - from), 0, bytes - from, from)
  const end = buffer.subarray(0, bytesRead)
  if (end.at(-1) === LINE_FEED) return bytes
  const lastFeed = end.lastIndexOf(LINE_FEED)
  const half = end.subarray(lastFeed + 1).toString("latin1")
  const isWhole = lastFeed >= 0 || from === 0
  if (isWhole && (half.startsWith(beginning) || beginning.startsWith(half))) {
    const length = from + lastFeed + 1
    // A file that can only be appended to keeps it.
    if (await handle.truncate(length).then(isDone, isNot)) return length
  }
  await handle.write("\n")
  return bytes + 1
}

const isDone = (): boolean => true
const isNot = (): boolean => false
