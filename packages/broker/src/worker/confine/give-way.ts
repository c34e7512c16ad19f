import type { Spawner } from "../spawn/Spawner.ts"
import { findTool } from "./find-tool.ts"

/** Lets a thread of this process, by its id, run only while nobody else wants to. */
export type GiveWay = (thread: number) => void

/**
 * By the class SCHED_IDLE, see sched(7). Beside two busy cores a thread that searches took 15 to 20 % of what others do where it
 * was as nice as can be (19), since it goes on for some milliseconds once it has begun, and takes 8 to 12 in this class. Node
 * has no call for it, and chrt(1) has. Without that it is left as nice as it is.
 */
export const giveWayBy = (choosing: Promise<{ readonly spawner: Spawner }>): GiveWay => {
  const chrt = findTool("chrt")
  if (chrt === undefined) return () => {}
  return (thread) => {
    const args = ["-i", "-p", "0", String(thread)]
    const request = {
      file: chrt,
      argv0: "chrt",
      args,
      cwd: "/",
      env: {},
      stdio: ["ignore", "ignore", "ignore"]
    } as const
    // A thread that has ended meanwhile, or a broker that is ending, needs it no more.
    void choosing.then(({ spawner }) => spawner.spawn(request)).catch(() => {})
  }
}
