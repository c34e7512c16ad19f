import type { Reader } from "./Reader.ts"
import type { TakenBytes } from "./TakenBytes.ts"

/** A web stream that takes nothing before it is asked to, and gives the reader back at its end, error or cancellation. */
export const toReadableStream = (
  open: () => Promise<Reader>,
  taken: TakenBytes
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let opening: Promise<Reader> | undefined
  let isCancelled = false
  const next = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> => {
    opening ??= open()
    const reader = await opening
    try {
      const isOver = taken.isEmpty && !(await reader.fill())
      // What has come in the meantime stays for the next reader.
      if (isCancelled) return
      // Chunks have come through a port, so no other thread shares their memory.
      if (!isOver) return controller.enqueue(taken.takeChunk() as Uint8Array<ArrayBuffer>)
      controller.close()
    } catch (error) {
      controller.error(error)
    }
    await reader.close()
  }
  const cancel = async (): Promise<void> => {
    isCancelled = true
    await (await opening)?.close()
  }
  return new ReadableStream({ pull: next, cancel }, { highWaterMark: 0 })
}
