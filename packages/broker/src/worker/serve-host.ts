import * as Effect from "effect/Effect"
import type { Lateness } from "../link/Lateness.ts"
import { HostOperations } from "../link/host-operations.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import { serve } from "./session/serve.ts"
import type { Spawner } from "./spawn/Spawner.ts"
import { Worker, type WorkerRecords } from "./Worker.ts"

/** Puts the worker together, and answers its host. */
export const serveHost = async (
  start: WorkerStart,
  spawner: Spawner,
  notify: (notice: WorkerNotice) => void,
  lateness: Lateness,
  { audit, history }: WorkerRecords
): Promise<void> => {
  const { env, cwd, secrets, clockStart, incarnation, policyWarnings, previousEnd, pool } = start
  const host = { env, cwd, secrets, hasHistory: history !== undefined }
  const worker = new Worker(
    { ...host, clockStart, incarnation, policyWarnings, previousEnd, pool },
    spawner,
    notify,
    lateness,
    { audit, history }
  )
  audit?.listenTo({
    log: (level, message) => worker.log(level, message),
    // Of this thread. Clients who have connected again meanwhile would keep it.
    failed: () => void (start.audit?.required === true && worker.endUnaudited().then(() => process.exit()))
  })
  history?.log.listenTo({
    log: (level, message) => worker.log(level, message),
    lost: (lost, reason) => worker.bus.tell(undefined, () => ({ _tag: "HistoryLost", lost, reason })),
    outputsOf: (id) => worker.registry.known(id)?.streams?.forHistory ?? [],
    living: () => worker.registry.live.map(({ id }) => id)
  })
  await Effect.runPromise(Effect.andThen(worker.restore(start.tokens), worker.daemons.restore(start.daemons)))
  serve(HostOperations, start.port, worker.handlers, {
    onMalformed: (error) => worker.log("Error", `The host sent what the worker does not understand. ${error.message}`),
    onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`)
  })
}
