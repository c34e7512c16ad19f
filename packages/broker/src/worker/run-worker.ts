/**
 * What the broker's thread does first. It wires; the work is done elsewhere.
 *
 * The launcher is started first, and the rest of the code is loaded while it boots.
 */
import { flushCompileCache } from "node:module"
import { fileURLToPath } from "node:url"
import { workerData } from "node:worker_threads"
import { sweep } from "../child/sweep.ts"
import { entryFile } from "../link/entry-file.ts"
import { BEAT_MS } from "../link/heartbeat.ts"
import { Lateness } from "../link/Lateness.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import { openAudit } from "./audit/open-audit.ts"
import { openHistory } from "./history/open-history.ts"
import { chooseSpawner } from "./spawn/choose-spawner.ts"

/**
 * When the code is written down, for the next thread. It takes some 15 ms, in which nothing else is done. Lower: it may be while
 * the first processes are started. Higher: a thread that dies before that is followed by one that starts as slowly.
 */
const KEEP_CODE_MS = 50

const start = workerData as WorkerStart
const lateness = new Lateness(BEAT_MS)
setInterval(() => {
  Atomics.add(start.heartbeat, 0, 1)
  lateness.beat()
}, BEAT_MS).unref()
const notify = (notice: WorkerNotice): void => start.port.postMessage(notice)

try {
  const execPath = start.execPath ?? process.execPath
  const choosing = chooseSpawner(
    start.spawner,
    {
      file: start.launcherPath ?? fileURLToPath(entryFile("launcher/main")),
      execPath,
      codeCache: start.codeCache
    },
    start.launchers,
    start.mark,
    (message) => notify({ _tag: "Log", level: "Warning", message, part: "launcher" })
  )
  const [{ spawner, fallback }, audit, history, { serveHost }] = await Promise.all([
    choosing,
    start.audit && openAudit(start.audit, start.previousEnd !== undefined),
    start.history &&
      openHistory({ ...start.history, ...start, execPath, choosing }, start.previousEnd !== undefined, notify),
    import("./serve-host.ts")
  ])
  // As late as it may be: by now their launcher has ended most of them, so there is little to wait for.
  if (start.previousMark !== undefined) sweep(start.previousMark)
  await serveHost(start, spawner, notify, lateness, { audit, history })
  if (fallback !== undefined) {
    notify({
      _tag: "Log",
      level: "Warning",
      message: `Children are started from the worker itself, since ${fallback}.`
    })
  }
  notify({ _tag: "Ready" })
  if (start.codeCache !== undefined) setTimeout(flushCompileCache, KEEP_CODE_MS).unref()
} catch (cause) {
  // The thread after this one knows the mark of this one.
  if (start.previousMark !== undefined) sweep(start.previousMark)
  notify({ _tag: "Failed", reason: (cause as Error).message })
}
