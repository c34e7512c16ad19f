import type { Port } from "@spawnbroker/protocol"

/** What is used of the DOM's `MessagePort`. */
export interface DomPort {
  postMessage(message: any, transfer?: any): void
  addEventListener(type: string, listener: (event: any) => void): void
  removeEventListener(type: string, listener: (event: any) => void): void
  dispatchEvent(event: Event): boolean
  start(): void
  close(): void
}

/**
 * A DOM `MessagePort` as a port. It is one as it stands, and the port that is returned is the one that was given; but
 * `close` now tells the port's own listeners, too, as Node's does. Otherwise whoever reads from it would wait for ever.
 *
 * **Platform**: that the *other* end has closed is told by Node, Deno, Electron and Chromium from 122 on. Elsewhere a
 * client does not notice that its broker has gone.
 */
export const fromDomPort = (port: DomPort): Port => {
  const close = port.close.bind(port)
  let isTold = false
  port.addEventListener("close", () => (isTold = true))
  const tell = (): void => void (isTold || port.dispatchEvent(new Event("close")))
  port.close = () => {
    close()
    // A task later, as a real one would come; by then Node has told it by itself.
    setTimeout(tell, 0)
  }
  return Object.assign(port as unknown as Port, { createChannel })
}

/** Both ends of a session are to know when it is over. The one that moves takes nothing of this with it. */
const createChannel = (): { readonly port1: Port; readonly port2: Port } => {
  const { port1, port2 } = new MessageChannel()
  return { port1: fromDomPort(port1), port2: port2 as unknown as Port }
}
