import type { Port } from "./Port.ts"

/**
 * Whether a port keeps the event loop of its thread alive: while there is a reason to wait for what it brings, and no
 * longer. In Node a port that is listened to does so for ever; the DOM's ports never do, and have no say in it.
 */
export class KeepAlive {
  readonly #port: Port
  #reasons = 0

  /** To be made once the port is listened to: the first listener holds the loop. */
  constructor(port: Port) {
    this.#port = port
    port.unref?.()
  }

  /** One reason more. */
  hold(): void {
    if (this.#reasons++ === 0) this.#port.ref?.()
  }

  /** One reason less. */
  release(): void {
    if (--this.#reasons === 0) this.#port.unref?.()
  }
}
