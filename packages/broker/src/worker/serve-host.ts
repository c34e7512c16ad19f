import * as Effect from "effect/Effect"
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
  audit?: AuditLog
): Promise<void> => {
  const { env, cwd, secrets, clockStart, policyWarnings } = start
  const worker = new Worker({ env, cwd, secrets, clockStart, policyWarnings }, spawner, notify, audit)
  audit?.listenTo({
    log: (level, message) => worker.log(level, message),
    // Without a port the host knows that it has no broker any more.
    failed: () => void (start.audit?.required === true && worker.endUnaudited().then(() => start.port.close()))
  })
  await Effect.runPromise(worker.restore(start.tokens))
  serve(HostOperations, start.port, worker.handlers, {
    onMalformed: (error) => worker.log("Error", `The host sent what the worker does not understand. ${error.message}`),
    onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`)
  })
}
