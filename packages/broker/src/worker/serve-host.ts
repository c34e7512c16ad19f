import * as Effect from "effect/Effect"
import type { Lateness } from "../link/Lateness.ts"
import { HostOperations } from "../link/host-operations.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import type { AuditLog } from "./audit/AuditLog.ts"
import { serve } from "./session/serve.ts"
import type { Spawner } from "./spawn/Spawner.ts"
import { Worker } from "./Worker.ts"

/** Puts the worker together, and answers its host. */
export const serveHost = async (
  start: WorkerStart,
  spawner: Spawner,
  notify: (notice: WorkerNotice) => void,
  lateness: Lateness,
  audit?: AuditLog
): Promise<void> => {
  const { env, cwd, secrets, clockStart, policyWarnings, previousEnd } = start
  const worker = new Worker(
    { env, cwd, secrets, clockStart, policyWarnings, previousEnd },
    spawner,
    notify,
    lateness,
    audit
  )
  audit?.listenTo({
    log: (level, message) => worker.log(level, message),
    // Of this thread. Clients who have connected again meanwhile would keep it.
    failed: () => void (start.audit?.required === true && worker.endUnaudited().then(() => process.exit()))
  })
  await Effect.runPromise(worker.restore(start.tokens))
  serve(HostOperations, start.port, worker.handlers, {
    onMalformed: (error) => worker.log("Error", `The host sent what the worker does not understand. ${error.message}`),
    onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`)
  })
}
