/**
 * The launcher: a tiny process whose only work is fork and exec.
 *
 * It exists because the cost of a fork grows with the memory of the process that forks, and because whoever starts a
 * child is the only one who can reap it. When its control socket closes, for whatever reason the host ended, it kills
 * every group it has started, and itself. It imports Node alone, so that it stays small.
 */
import { rmSync } from "node:fs"
import { Socket } from "node:net"
import { dirname } from "node:path"
import { ChildTable } from "../child/ChildTable.ts"
import { PipeTable } from "../child/PipeTable.ts"
import { errnoOf, startChild, type StdioSlot } from "../child/start-child.ts"
import type { FromLauncher, LinkSlot, Slot, ToLauncher } from "../link/launcher-messages.ts"
import { MessageSocket } from "../link/MessageSocket.ts"
import { Stock } from "./Stock.ts"

/** The control socket, by its number among the launcher's own stdio. */
const CONTROL_FD = 3

const children = new ChildTable()
const pipes = new PipeTable()
let stock: Stock | undefined
let socketPath: string | undefined

const onMessage = (message: ToLauncher): void => {
  switch (message._tag) {
    case "Listen": {
      socketPath = message.path
      stock = new Stock(message.path, Buffer.from(message.nonce, "hex"), () => control.send({ _tag: "Listening" }))
      return
    }
    case "Spawn":
      return void launch(message)
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
  }
}

const launch = async ({ id, request, stdio }: ToLauncher & { readonly _tag: "Spawn" }): Promise<void> => {
  const sockets = Promise.all(stdio.map(takeSocket))
  const links = stdio.filter(isLink)
  const failed = await Promise.all(links.map(({ link }) => pipes.open(link))).then(() => undefined, errnoOf)
  const slots = (await sockets).map((socket, fd) => socket ?? descriptorOf(stdio[fd] as Exclude<Slot, number>))
  if (failed !== undefined || slots.includes(undefined)) {
    control.send({ _tag: "Failed", id, errno: failed ?? "EPIPE" })
  } else {
    for (const socket of slots.slice(3)) makeBlocking(socket)
    const child = startChild(request, slots as ReadonlyArray<StdioSlot>, {
      started: (pid) => {
        children.started(id, pid)
        control.send({ _tag: "Started", id, pid })
      },
      failed: (errno) => control.send({ _tag: "Failed", id, errno }),
      exited: (end) => control.send({ _tag: "Exited", id, end, groupLives: children.exited(id) })
    })
    // A start that has failed may be tried again, with the same ends.
    if (child !== undefined) for (const { link, end } of links) pipes.given(link, end)
  }
  // Now, not later: as long as the launcher holds the child's end too, nobody would ever see the end of its output.
  for (const slot of slots) if (slot instanceof Socket) slot.destroy()
}

/**
 * A child expects descriptors on which it can wait. libuv sees to that for the standard ones; the others would have been
 * left as the launcher's loop needs them, since both share one description. See fcntl(2), O_NONBLOCK.
 */
const makeBlocking = (slot: StdioSlot | undefined): void => {
  if (!(slot instanceof Socket)) return
  ;(slot as unknown as { readonly _handle?: { setBlocking(value: boolean): void } })._handle?.setBlocking(true)
}

const isLink = (slot: Slot): slot is LinkSlot => typeof slot === "object"

const takeSocket = async (slot: Slot): Promise<Socket | undefined> =>
  typeof slot === "number" ? stock!.take(slot) : undefined

/** None for the end of a link that is closed. */
const descriptorOf = (slot: Exclude<Slot, number>): StdioSlot | undefined =>
  isLink(slot) ? pipes.end(slot.link, slot.end) : slot

const end = (): void => {
  children.killAll()
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
