import { HostOperations } from "../link/host-operations.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import { serve } from "./session/serve.ts"
import type { Spawner } from "./spawn/Spawner.ts"
import { Worker } from "./Worker.ts"

/** Puts the worker together, and answers its host. */
export const serveHost = (start: WorkerStart, spawner: Spawner, notify: (notice: WorkerNotice) => void): void => {
  const worker = new Worker({ env: start.env, cwd: start.cwd, secrets: start.secrets }, spawner, notify)
  serve(HostOperations, start.port, worker.handlers, {
    onMalformed: (error) => worker.log("Error", `The host sent what the worker does not understand. ${error.message}`),
    onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`)
  })
}
