/** The entry of a window's thread: loads its page, and says when that is done. */
import { parentPort, workerData } from "node:worker_threads"
import type { IpcMessage } from "./ipc-messages.ts"

await import((workerData as { readonly page: string }).page)
parentPort?.postMessage({ _tag: "Loaded" } satisfies IpcMessage)
