import type { WebSocket } from "ws"

/** Between two looks. Lower: a connection that has silently gone is noticed sooner, for a message more to all others. */
const LOOK_MS = 30_000

/** Looks that a connection may give no sign. A client that is slow shows one by taking some of what waits for it. */
const MAX_MISSED = 4

interface Pulse {
  missed: number
  waiting: number
}

/**
 * Ends connections whose other end has gone without a word: a machine that sleeps, a cable that is out.
 *
 * While a client takes nothing it is not read, so that its answer would not be heard either. What counts then is whether what
 * waits for it grows less.
 */
export const watchPulse = (connections: () => Iterable<WebSocket>): NodeJS.Timeout => {
  const pulses = new WeakMap<WebSocket, Pulse>()
  const pulseOf = (webSocket: WebSocket): Pulse => {
    const pulse = pulses.get(webSocket) ?? { missed: 0, waiting: 0 }
    if (!pulses.has(webSocket)) webSocket.on("pong", () => (pulse.missed = 0))
    pulses.set(webSocket, pulse)
    return pulse
  }
  return setInterval(() => {
    for (const webSocket of connections()) {
      const pulse = pulseOf(webSocket)
      pulse.missed = webSocket.bufferedAmount < pulse.waiting ? 0 : pulse.missed + 1
      pulse.waiting = webSocket.bufferedAmount
      if (pulse.missed > MAX_MISSED) webSocket.terminate()
      else webSocket.ping()
    }
  }, LOOK_MS).unref()
}
