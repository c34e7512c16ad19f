import type { Socket } from "node:net"
import { areThere } from "./FileIdentity.ts"
import type { PosixSpawn } from "./posix-spawn.ts"
import type { ChildListener, ChildRequest, StdioSlot } from "./start-child.ts"

/**
 * Starts children by posix_spawn(3), and reaps them: what {@link startChild} does by Node's own spawn. All failures of a start
 * are known at once. Answers whether there is a child. Descendants that lose their parents are reaped, too, also where there
 * is no init that would do it.
 */
export const posixStarter = (
  posix: PosixSpawn
): ((request: ChildRequest, stdio: ReadonlyArray<StdioSlot>, listener: ChildListener) => boolean) => {
  posix.adoptOrphans()
  const exits = new Map<number, ChildListener["exited"]>()
  // One signal may stand for several children.
  process.on("SIGCHLD", () => {
    for (let reaped = posix.reap(); reaped !== undefined; reaped = posix.reap()) {
      const exited = exits.get(reaped.pid)
      exits.delete(reaped.pid)
      exited?.({ ...reaped.end, usage: reaped.usage })
    }
  })
  return (request, stdio, { failed, started, exited }) => {
    const pid = trySpawn(posix, request, stdio)
    if (typeof pid === "string") {
      failed(pid)
      return false
    }
    exits.set(pid, exited)
    started(pid)
    return true
  }
}

/** The PID of a child, or an errno name. */
const trySpawn = (posix: PosixSpawn, request: ChildRequest, stdio: ReadonlyArray<StdioSlot>): number | string => {
  const fds = stdio.map(descriptorOf)
  if (fds.includes(undefined)) return "EPIPE"
  // Last, so that there is as little time as can be in which it could change once more.
  if (request.expects !== undefined && !areThere(request.expects)) return "ESTALE"
  return posix.spawn(request, fds as ReadonlyArray<number | "ignore">)
}

/** None if the socket has been closed meanwhile. */
const descriptorOf = (slot: StdioSlot, fd: number): number | "ignore" | undefined => {
  if (typeof slot === "number" || slot === "ignore") return slot
  if (slot === "inherit") return fd
  return (slot as Socket & { readonly _handle?: { readonly fd: number } })._handle?.fd
}
