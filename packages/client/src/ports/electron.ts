/**
 * Ports that cross Electron's border between its main process and its renderers.
 *
 * Their messages are `{ data, ports }`. Ports move, but beside the message and not within it; so they are taken out on
 * sending, and put back on arrival (see `Port` in the protocol). Buffers are copied: `MessagePortMain` refuses them in a
 * transfer list, and a message for which a renderer transferred one arrives empty (electron/electron#34905). So they are
 * left out of it, and their sender keeps them.
 *
 * Source: Electron's documentation of MessagePortMain, MessageChannelMain, and "MessagePorts in Electron".
 */
import { Port } from "@spawnbroker/protocol"

/** What is used of Electron's `MessagePortMain`. */
export interface MessagePortMain {
  postMessage(message: any, transfer?: Array<any>): void
  on(event: "message", listener: (event: { readonly data: any; readonly ports: Array<any> }) => void): unknown
  on(event: "close", listener: () => void): unknown
  start(): void
  close(): void
}

/** Electron's class of that name. */
export type MessageChannelMain = new () => { readonly port1: MessagePortMain; readonly port2: MessagePortMain }

/** What is used of the `MessagePort` of a renderer. */
interface RendererPort {
  postMessage(message: any, transfer: Array<any>): void
  addEventListener(type: string, listener: (event: any) => void): void
  start(): void
  close(): void
}

/** The renderer's class `MessageChannel`. */
export type RendererChannel = new () => { readonly port1: RendererPort; readonly port2: RendererPort }

/**
 * A `MessagePortMain` as a port: for a client in the main process. `MessageChannelMain` is Electron's class; the port on
 * which the bytes will travel is made with it, as no other kind can be moved through this one.
 *
 * Messages wait until there is a listener and `start` is called, which connecting does.
 */
export const fromMessagePortMain = (port: MessagePortMain, MessageChannelMain: MessageChannelMain): Port =>
  new ElectronPort(port, {
    listen: (native, { message, closed }) => {
      native.on("message", message)
      native.on("close", closed)
    },
    createChannel: () => new MessageChannelMain()
  })

/**
 * The port that a renderer finds in `event.ports`, as a port. The other end is in the main process, or was attached to a
 * broker there; between two pages, where Electron takes no part, `fromDomPort` serves better.
 */
export const fromRendererPort = (
  port: RendererPort,
  Channel: RendererChannel = MessageChannel as unknown as RendererChannel
): Port =>
  new ElectronPort(port, {
    listen: (native, { message, closed }) => {
      native.addEventListener("message", message)
      native.addEventListener("close", closed)
    },
    createChannel: () => new Channel()
  })

interface NativePort {
  postMessage(message: any, transfer: Array<any>): void
  start(): void
  close(): void
}

interface Arrivals {
  readonly message: (event: { readonly data: unknown; readonly ports: ReadonlyArray<any> }) => void
  /** The other end has closed, or is gone. */
  readonly closed: () => void
}

/** How the native ports of one side of the border are listened to, and made. */
interface Face<P> {
  readonly listen: (native: P, arrivals: Arrivals) => void
  readonly createChannel: () => { readonly port1: P; readonly port2: P }
}

type Listener = (event: any) => void
type EventType = Parameters<Port["addEventListener"]>[0]

class ElectronPort<P extends NativePort> implements Port {
  readonly #native: P
  readonly #face: Face<P>
  readonly #listeners: Record<EventType, Set<Listener>> = {
    message: new Set(),
    close: new Set(),
    messageerror: new Set()
  }
  #isListening = false
  #isClosed = false

  constructor(native: P, face: Face<P>) {
    this.#native = native
    this.#face = face
  }

  postMessage(message: unknown, transfer: ReadonlyArray<unknown> = []): void {
    const ports = transfer.filter((item) => !isBuffer(item))
    if (ports.length === 0) return this.#native.postMessage(message, [])
    const natives = ports.map(nativeOf)
    this.#native.postMessage(Port.toMarkers(message, ports), natives)
  }

  addEventListener(type: EventType, listener: Listener): void {
    this.#listeners[type].add(listener)
    if (this.#isListening) return
    // Not before: a port that is only going to be moved must not be listened to.
    this.#isListening = true
    this.#face.listen(this.#native, { message: (event) => this.#arrived(event), closed: () => this.#closed() })
  }

  removeEventListener(type: EventType, listener: Listener): void {
    this.#listeners[type].delete(listener)
  }

  start(): void {
    this.#native.start()
  }

  close(): void {
    this.#native.close()
    // Electron tells only the other end. Later, since whoever closes does not expect to be called back from within.
    queueMicrotask(() => this.#closed())
  }

  createChannel(): { readonly port1: Port; readonly port2: Port } {
    const { port1, port2 } = this.#face.createChannel()
    return { port1: new ElectronPort(port1, this.#face), port2: new ElectronPort(port2, this.#face) }
  }

  /** The Electron port behind an adapter. */
  static nativeOf(port: unknown): unknown {
    return port instanceof ElectronPort ? port.#native : undefined
  }

  #arrived({ data, ports }: { readonly data: unknown; readonly ports: ReadonlyArray<P> }): void {
    // Without a place in the message a port is nobody's, and would hold its other end for ever.
    if (
      ports.length > 0 &&
      !Port.fromMarkers(
        data,
        ports.map((port) => new ElectronPort(port, this.#face))
      )
    )
      for (const port of ports) port.close()
    this.#tell("message", { data })
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#tell("close", {})
  }

  #tell(type: EventType, event: object): void {
    for (const listener of [...this.#listeners[type]]) listener(event)
  }
}

const isBuffer = (value: unknown): boolean => value instanceof ArrayBuffer

const nativeOf = (port: unknown): unknown => {
  const native = ElectronPort.nativeOf(port)
  if (native === undefined) throw new TypeError("Only ports of the same kind move through an Electron port.")
  return native
}
