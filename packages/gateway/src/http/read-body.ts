import type { IncomingMessage } from "node:http"

/** Bytes of a body at most. The longest that anybody has to send is a code. */
const MAX_BODY_BYTES = 4096

/** The JSON of a request, or nothing if it has none, or is longer than any of ours. How long it may take the server sees to. */
export const readJson = async (request: IncomingMessage): Promise<unknown> => {
  // A form of another site cannot send this type without being asked about first.
  if (request.headers["content-type"]?.split(";")[0]?.trim() !== "application/json") return undefined
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes > MAX_BODY_BYTES) return undefined
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    // It has been cut off, or is no JSON.
    return undefined
  }
}
