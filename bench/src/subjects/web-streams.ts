import type { OnData } from "./Subject.ts"

/** Reads a web stream to its end, as Bun and Deno give it. */
export const read = async (stream: ReadableStream<Uint8Array>, onData: OnData): Promise<void> => {
  for await (const chunk of stream) onData(chunk.byteLength)
}

/** Takes one chunk, and asks for no more. */
export const readOnce = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
  await stream.getReader().read()
}

export const ignoreData: OnData = () => {}
