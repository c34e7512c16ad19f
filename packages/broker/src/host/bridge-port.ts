/**
 * A bridge between an Electron-style port, which lives in the main process, and a Node port of the broker.
 *
 * A `MessagePortMain` cannot be moved into the broker's thread, so its messages are relayed here: on the host's main
 * thread, one hop more each way, and one copy of the bytes, which Electron makes in any case. The bridge knows nothing of
 * what it relays. The one thing that it does with a message is to put a port where a marker says that one was: a Node
 * port, bridged by the same rules to the one that came. So everything is decoded by the broker as before, and how much may
 * be under way is bounded by the credits of both ends.
 *
 * What a window sends that does not fit (two ports at once, a marker too many, a port on the data port) is passed on
 * without its ports, for the broker to refuse and to count.
 */
import { Port } from "@spawnbroker/protocol"
import { MessageChannel, type MessagePort } from "node:worker_threads"

/** What is used of Electron's `MessagePortMain`. */
export interface AttachablePort {
  postMessage(message: any): void
  on(event: "message", listener: (event: MessageMain) => void): unknown
  on(event: "close", listener: () => void): unknown
  removeListener(event: "message", listener: (event: MessageMain) => void): unknown
  removeListener(event: "close", listener: () => void): unknown
  start(): void
  close(): void
}

interface MessageMain {
  readonly data: any
  readonly ports: Array<any>
}

/**
 * Ports that one control port may bring: one for each token that it presents, of which a session refuses a few. Higher lets
 * a hostile window hold more of its host's ports.
 */
const MAX_PORTS = 8

/** Relays both ways until either end closes; then it closes the other, and listens to neither. */
export const bridgePorts = (window: AttachablePort, broker: MessagePort, maxPorts = MAX_PORTS): void => {
  let portsLeft = maxPorts
  const fromWindow = ({ data, ports }: MessageMain): void => {
    portsLeft -= ports.length
    const moved = ports.length === 0 ? [] : bridgeWithin(data, ports, portsLeft >= 0)
    orEnd(() => broker.postMessage(data, moved))
  }
  const fromBroker = (message: unknown): void => orEnd(() => window.postMessage(message))
  const end = (): void => {
    window.removeListener("message", fromWindow)
    window.removeListener("close", end)
    broker.off("message", fromBroker)
    broker.off("close", end)
    window.close()
    broker.close()
  }
  /** What cannot be relayed must not be missed unnoticed, nor become an error of the host's. */
  const orEnd = (relay: () => void): void => {
    try {
      relay()
    } catch {
      end()
    }
  }
  window.on("message", fromWindow)
  window.on("close", end)
  broker.on("message", fromBroker)
  broker.on("close", end)
  window.start()
}

/** Bridges the port within a message. Answers the Node ports that move on with it. */
const bridgeWithin = (
  data: unknown,
  ports: ReadonlyArray<AttachablePort>,
  isAllowed: boolean
): ReadonlyArray<MessagePort> => {
  const { port1, port2 } = new MessageChannel()
  const [port, ...more] = ports
  if (port !== undefined && more.length === 0 && isAllowed && Port.fromMarkers(data, [port2])) {
    bridgePorts(port, port1, 0)
    return [port2]
  }
  port1.close()
  for (const refused of ports) refused.close()
  return []
}
