import type { Port } from "./Port.ts"

export interface PortListener {
  readonly message: (data: unknown) => void
  /** Either end has closed. */
  readonly close?: () => void
  /** A message came that cannot be read. */
  readonly messageerror?: () => void
}

/**
 * Listens to a port from now on, and starts it.
 *
 * Node's ports are listened to in Node's own way. The DOM's way would make an event object for each message there, and
 * load a whole HTTP client for the first one, which stops the thread for some 40 ms.
 */
export const listenTo = (port: Port, listener: PortListener): void => {
  const { message, close = () => {}, messageerror = () => {} } = listener
  if (port.on !== undefined) {
    port.on("message", message)
    port.on("close", close)
    port.on("messageerror", messageerror)
  } else {
    port.addEventListener("message", (event: { readonly data: unknown }) => message(event.data))
    port.addEventListener("close", close)
    port.addEventListener("messageerror", messageerror)
  }
  port.start?.()
}
