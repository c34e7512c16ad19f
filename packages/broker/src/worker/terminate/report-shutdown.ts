import type { DaemonInfo } from "@spawnbroker/protocol"
import type { ShutdownReport } from "../../link/host-operations.ts"
import type { Process } from "../process/Process.ts"

type Ended = Pick<Process, "id" | "status">

type End = "exited" | "stopped" | "killed"

/** How those have ended that ran when a shutdown began. `daemons`: as they were then. */
export const reportOf = (running: ReadonlyArray<Ended>, daemons: ReadonlyArray<DaemonInfo>): ShutdownReport => {
  const ends = new Map(running.map((process) => [process.id, endOf(process)]))
  const count = (end: End): number => [...ends.values()].filter((each) => each === end).length
  return {
    exited: count("exited"),
    stopped: count("stopped"),
    killed: count("killed"),
    daemons: daemons.flatMap(({ name, persistent, replicas }): ShutdownReport["daemons"] => {
      if (persistent) return replicas.some(({ pid }) => pid !== undefined) ? [{ name, end: "left" }] : []
      const own = replicas.flatMap(({ processId }) => (processId === undefined ? [] : (ends.get(processId) ?? [])))
      const worst = worstFirst.find((end) => own.includes(end))
      return worst === undefined ? [] : [{ name, end: worst }]
    })
  }
}

const worstFirst: ReadonlyArray<End> = ["killed", "stopped", "exited"]

const endOf = ({ status: { exit, killedBy } }: Ended): End => {
  if (exit?._tag === "Signaled" && exit.signal === "SIGKILL") return "killed"
  return killedBy === undefined ? "exited" : "stopped"
}
