/**
 * The entry of the broker's thread. Before any of its code is loaded it is said where that is kept as it was compiled, by the
 * thread before this one.
 *
 * Those who write and read the history run this file, too, so that a bundle needs no other for them.
 */
import { enableCompileCache } from "node:module"
import { isMainThread, workerData } from "node:worker_threads"
import type { WorkerStart } from "../link/worker-start.ts"
import type { HistoryThreadStart } from "./history/thread-messages.ts"

const start = (workerData ?? {}) as WorkerStart | HistoryThreadStart
if ("codeCache" in start && start.codeCache !== undefined) enableCompileCache(start.codeCache)
if (isMainThread) (await import("./history/run-reader.ts")).runHistoryReader()
else if ("role" in start) (await import("./history/run-thread.ts")).runHistoryThread(start)
else await import("./run-worker.ts")
