/** The entry of the broker's thread. It wires; the work is done elsewhere. */
import { BrokerUnavailable } from "@spawnbroker/protocol"
import { workerData } from "node:worker_threads"
import { HostOperations } from "../link/host-operations.ts"
import type { WorkerNotice, WorkerStart } from "../link/worker-start.ts"
import { serve } from "./session/serve.ts"
import { chooseSpawner } from "./spawn/choose-spawner.ts"
import { Worker } from "./Worker.ts"

const start = workerData as WorkerStart
const notify = (notice: WorkerNotice): void => start.port.postMessage(notice)

try {
  const { spawner, fallback } = await chooseSpawner(start.spawner)
  const worker = new Worker({ env: start.env, cwd: start.cwd }, spawner, notify)
  if (fallback !== undefined) worker.log("Warning", `Children are started from the worker itself, since ${fallback}.`)
  serve(HostOperations, start.port, worker.handlers, {
    onMalformed: (error) => worker.log("Error", `The host sent what the worker does not understand. ${error.message}`),
    onDefect: (operation, cause) => worker.log("Error", `The operation ${operation} broke: ${String(cause)}`),
    fallback: new BrokerUnavailable({ reason: "it made a mistake, which its log tells" })
  })
  notify({ _tag: "Ready" })
} catch (cause) {
  notify({ _tag: "Failed", reason: (cause as Error).message })
}
