/**
 * The launcher: a tiny process whose only work is fork and exec.
 *
 * It exists because the cost of a fork grows with the memory of the process that forks, and because whoever starts a
 * child is the only one who can reap it. When its control socket closes, for whatever reason the host ended, it kills
 * every group it has started, those who have left their groups, and itself. It imports Node alone, and what calls the C library, so that it stays small.
 */
import { closeSync, constants, openSync, rmSync, unlinkSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { Socket } from "node:net"
import { dirname } from "node:path"
import { ChildTable } from "../child/ChildTable.ts"
import { makePipes } from "../child/make-pipes.ts"
import type { ProcessFacts } from "../child/process-facts.ts"
import { openNonBlocking, openPipeEnd } from "../child/open-pipe.ts"
import { PipeTable } from "../child/PipeTable.ts"
import { loadPosixSpawn } from "../child/posix-spawn.ts"
import { errnoOf, startChild, type StdioSlot } from "../child/start-child.ts"
import { posixStarter } from "../child/start-posix-child.ts"
import { MARK, sweep } from "../child/sweep.ts"
import type { FromLauncher, LinkSlot, Slot, ToLauncher } from "../link/launcher-messages.ts"
import { BEAT_MS } from "../link/heartbeat.ts"
import { Lateness } from "../link/Lateness.ts"
import { MessageSocket } from "../link/MessageSocket.ts"
import { Stock } from "./Stock.ts"

/** The control socket, by its number among the launcher's own stdio. */
const CONTROL_FD = 3

const posix = await loadPosixSpawn()
const start: ReturnType<typeof posixStarter> =
  posix === undefined ? (...child) => startChild(...child) !== undefined : posixStarter(posix)
const children = new ChildTable()
const pipes = new PipeTable(posix === undefined ? makePipes : async () => [posix.pipe()])
let stock: Stock | undefined
let socketPath: string | undefined
/** By which those are known that have left their groups. */
let mark = ""

/** A child that is to be started, once it is its turn. */
interface Ready {
  readonly spawn: ToLauncher & { readonly _tag: "Spawn" }
  readonly sockets: ReadonlyArray<Socket | undefined>
}

const ready: Array<Ready> = []

const onMessage = (message: ToLauncher): void => {
  switch (message._tag) {
    case "Listen": {
      socketPath = message.path
      mark = message.mark
      stock = new Stock(message.path, Buffer.from(message.nonce, "hex"), () => {
        control.send({ _tag: "Listening" })
        // Of its code, for the next launcher. Not at the end: that may be a signal.
        setImmediate(flushCompileCache)
      })
      return
    }
    case "Spawn":
      // Most have nothing to wait for.
      if (message.stdio.every(isThere)) return launchInTurn({ spawn: message, sockets: [] })
      return void prepare(message)
    case "CloseLink":
      return pipes.close(message.link)
    case "Signal": {
      const { ask, id, signal, tree } = message
      const seen = tree === undefined ? { lives: children.signal(id, signal) } : children.signalTree(id, signal, tree)
      return control.send({ _tag: "Seen", ask, ...seen })
    }
    case "Probe": {
      const { ask, id, tree } = message
      const seen = tree === undefined ? { lives: children.lives(id) } : children.treeLives(id, tree)
      return control.send({ _tag: "Seen", ask, ...seen })
    }
    case "Widen":
      return widen(message.file)
    case "Measure":
      lateness ??= beginToMeasure()
      return control.send({ _tag: "Measured", loopDelay: lateness.taken })
  }
}

/** The worker may have closed it meanwhile; then there is nothing to do. */
const widen = (file: string): void => {
  if (posix === undefined) return
  try {
    const fd = openNonBlocking(file, "read")
    posix.widen(fd)
    closeSync(fd)
  } catch {}
}

/** A launcher that nobody asks about sleeps as long as it has nothing to do. */
let lateness: Lateness | undefined
const beginToMeasure = (): Lateness => {
  const begun = new Lateness(BEAT_MS)
  setInterval(() => begun.beat(), BEAT_MS).unref()
  return begun
}

/** Waits for what may not have come yet, so that nobody else's start waits for it. */
const prepare = async (spawn: Ready["spawn"]): Promise<void> => {
  const links = spawn.stdio.filter(isLink)
  const [sockets, failed] = await Promise.all([
    Promise.all(spawn.stdio.map(async (slot) => (typeof slot === "number" ? stock!.take(slot) : undefined))),
    Promise.all(links.map(({ link }) => pipes.open(link))).then(() => undefined, errnoOf)
  ])
  if (failed !== undefined) return fail(spawn.id, sockets, failed)
  launchInTurn({ spawn, sockets })
}

/** The turn of the loop has had its start. */
let isTurnTaken = false

/**
 * One in each turn of the loop. A start holds the launcher up for most of a millisecond; between two of them it hears who
 * has exited, and what it has to say leaves.
 */
const launchInTurn = (next: Ready): void => {
  if (isTurnTaken) return void ready.push(next)
  isTurnTaken = true
  setImmediate(beginTurn)
  launch(next)
}

const beginTurn = (): void => {
  isTurnTaken = false
  const next = ready.shift()
  if (next !== undefined) launchInTurn(next)
}

const launch = ({ spawn: { id, request, stdio }, sockets }: Ready): void => {
  /** Ours alone until the child has them. */
  const opened: Array<number> = []
  const slotOf = (slot: Slot, fd: number): StdioSlot | undefined => {
    if (typeof slot === "number") return sockets[fd]
    if (slot === "inherit" || slot === "ignore") return slot
    if (isLink(slot)) return pipes.end(slot.link, slot.end)
    if ("file" in slot) {
      const file = openSync(slot.file, constants.O_WRONLY | constants.O_APPEND)
      opened.push(file)
      return file
    }
    // Of a standard one libuv makes a descriptor that waits, as children expect.
    const end = fd < 3 ? openNonBlocking(slot.pipe, "write") : openPipeEnd(slot.pipe, "write")
    opened.push(end)
    unlinkSync(slot.pipe)
    return end
  }
  try {
    const slots = stdio.map(slotOf)
    // The end of a link that is closed.
    if (slots.includes(undefined)) return fail(id, sockets, "EPIPE")
    for (const socket of sockets.slice(3)) if (socket !== undefined) makeBlocking(socket)
    // Who survives must not be known for ours any more by then.
    const marked = request.survives === true ? request : { ...request, env: { ...request.env, [MARK]: mark } }
    const hasStarted = start(marked, slots as ReadonlyArray<StdioSlot>, {
      started: (pid) => {
        children.started(id, pid, request.survives)
        control.sendNow({ _tag: "Started", id, pid })
      },
      failed: (errno) => control.send({ _tag: "Failed", id, errno }),
      exited: (end) => control.send({ _tag: "Exited", id, end, groupLives: children.exited(id) })
    })
    // A start that has failed may be tried again, with the same ends.
    if (hasStarted) for (const { link, end } of stdio.filter(isLink)) pipes.given(link, end)
  } catch (cause) {
    control.send({ _tag: "Failed", id, errno: errnoOf(cause) })
  } finally {
    // Now, not later: as long as the launcher holds the child's end too, nobody would ever see the end of its output.
    for (const socket of sockets) socket?.destroy()
    for (const fd of opened) closeSync(fd)
  }
}

const fail = (id: number, sockets: ReadonlyArray<Socket | undefined>, errno: string): void => {
  control.send({ _tag: "Failed", id, errno })
  for (const socket of sockets) socket?.destroy()
}

/**
 * A child expects descriptors on which it can wait. libuv sees to that for the standard ones; the others would have been
 * left as the launcher's loop needs them, since both share one description. See fcntl(2), O_NONBLOCK.
 */
const makeBlocking = (socket: Socket): void =>
  (socket as unknown as { readonly _handle?: { setBlocking(value: boolean): void } })._handle?.setBlocking(true)

const isThere = (slot: Slot): boolean => typeof slot !== "number" && !isLink(slot)

const isLink = (slot: Slot): slot is LinkSlot => typeof slot === "object" && "link" in slot

/** Whoever has lost all of its parents is ours, where the C library could be told so; but for who survives, and its session. */
const isOrphan = ({ parent, session }: ProcessFacts): boolean =>
  posix !== undefined && parent === process.pid && !children.isSurvivor(session)

/** In one turn of the loop, so that nobody is started any more. */
const end = (): void => {
  children.killAll()
  sweep(mark, isOrphan)
  if (socketPath !== undefined) rmSync(dirname(socketPath), { recursive: true, force: true })
  process.exit(0)
}

const control = new MessageSocket<FromLauncher, ToLauncher>(
  new Socket({ fd: CONTROL_FD, readable: true, writable: true }),
  onMessage,
  end
)

// The launcher ends with its control socket and by nothing else: a signal meant for the host must not orphan anyone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.on(signal, () => {})
