import type { DaemonOperations } from "@spawnbroker/protocol"
import type * as Effect from "effect/Effect"
import type { Handlers } from "../session/serve.ts"
import type { DaemonDesk } from "./DaemonDesk.ts"

/** Runs something at the desk of a connection, if it has one now. */
type Within = <A, E>(run: (desk: DaemonDesk) => Effect.Effect<A, E>) => Effect.Effect<A, any>

/** What is done for the operations about daemons, of a client or of the host. */
export const daemonHandlers = (within: Within): Handlers<DaemonOperations> => ({
  startDaemons: ({ daemons }) => within((desk) => desk.start(daemons)),
  stopDaemons: ({ names, forget }) => within((desk) => desk.stop(names, forget)),
  restartDaemons: ({ names }) => within((desk) => desk.restart(names)),
  listDaemons: () => within((desk) => desk.list),
  getDaemon: ({ name, after, waitMs }) => within((desk) => desk.get(name, after, waitMs)),
  readDaemonLogs: ({ name, waitMs, ...query }) => within((desk) => desk.logs(name, query, waitMs))
})
