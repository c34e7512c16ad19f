import type { Times } from "../../link/Times.ts"
import type { WorkerMetrics } from "../../link/WorkerMetrics.ts"
import type { Worker } from "../Worker.ts"

/** Looks up what is counted, and what waits. It costs a look at each process that is known, and nothing in between. */
export const takeMetrics = async (
  { bus, malformedMessages, registry, sessions, spawner }: Worker,
  loopDelay: Times["taken"],
  audit: { readonly held: number; readonly lost: number } = { held: 0, lost: 0 }
): Promise<WorkerMetrics> => {
  const { counts } = bus
  const { replaced, launchers } = await spawner.health()
  const processes = { starting: 0, running: 0, exited: 0 }
  const windows = { heldBytes: 0, sizeBytes: 0, full: 0 }
  let inputBytes = 0
  for (const { state, streams, occupancy } of registry.live) {
    if (state === "starting" || state === "running") processes[state]++
    else processes.exited++
    // Whoever has exited takes no more.
    if (state === "running") inputBytes += streams?.waitingBytes ?? 0
    windows.heldBytes += occupancy.heldBytes
    windows.sizeBytes += occupancy.sizeBytes
    windows.full += streams?.heldUp ?? 0
  }
  return {
    starts: { ...counts.starts },
    startTime: counts.startTime.taken,
    processes,
    sessions: sessions.size,
    denials: counts.denials,
    bytes: registry.bytes,
    truncated: counts.truncated,
    malformedMessages,
    waiting: { inputBytes, facts: bus.waiting, auditLines: audit.held },
    lost: { facts: counts.lostFacts, auditLines: audit.lost },
    windows,
    restarts: { launchers: replaced, daemons: counts.daemonRestarts },
    loopDelay,
    launchers
  }
}
