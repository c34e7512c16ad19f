import type { Socket } from "node:net"
import { MAX_LINE_BYTES } from "./requests.ts"

/** The first line that comes, or nothing if it is too long or never ends. */
export const readLine = (socket: Socket): Promise<string | undefined> =>
  new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    const settle = (line: string | undefined): void => {
      socket.off("data", receive)
      resolve(line)
    }
    const receive = (chunk: Buffer): void => {
      const end = chunk.indexOf("\n")
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end))
      bytes += chunk.byteLength
      if (bytes > MAX_LINE_BYTES) settle(undefined)
      else if (end >= 0) settle(Buffer.concat(chunks).toString())
    }
    socket.on("data", receive)
    socket.once("close", () => settle(undefined))
  })
