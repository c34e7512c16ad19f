import { Worker } from "node:worker_threads"
import type { StartReaderSeat } from "./Reader.ts"
import { type FromReader, READER_HEAP, type ReaderStart } from "./thread-messages.ts"

/** Reads in a thread of this process. */
export const readerThread =
  (workerFile: string, start: ReaderStart): StartReaderSeat =>
  ({ told, ended }) => {
    const thread = new Worker(workerFile, {
      name: "spawnbroker history reader",
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: READER_HEAP.youngMb, maxOldGenerationSizeMb: READER_HEAP.oldMb },
      trackUnmanagedFds: false
    })
    thread.unref()
    let problem = "the thread that reads the history ended"
    thread.on("message", (message: FromReader) => told(message))
    thread.on("error", (cause) => (problem = String(cause)))
    thread.once("exit", () => ended(problem))
    return {
      ask: (question) => thread.postMessage(question),
      end: async () => void (await thread.terminate())
    }
  }
