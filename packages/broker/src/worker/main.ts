/**
 * The entry of the broker's thread. Before any of its code is loaded it is said where that is kept as it was compiled, by the
 * thread before this one.
 */
import { enableCompileCache } from "node:module"
import { workerData } from "node:worker_threads"
import type { WorkerStart } from "../link/worker-start.ts"
import type { HistoryThreadStart } from "./history/thread-messages.ts"

/** The threads of the history run this file, too, so that a bundle needs no other for them. */
const start = workerData as WorkerStart | HistoryThreadStart
if ("codeCache" in start && start.codeCache !== undefined) enableCompileCache(start.codeCache)
if ("role" in start) (await import("./history/run-thread.ts")).runHistoryThread(start)
else await import("./run-worker.ts")
