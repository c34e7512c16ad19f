/**
 * A port whose client has logged in: the broker is presented the token of its user, whatever the client presents. So the page has
 * no token that a script could take out of it.
 */
import type { AttachablePort } from "@spawnbroker/broker"

export const presentToken = (port: AttachablePort, token: string): AttachablePort => {
  const listeners = new Map<(event: any) => void, (event: any) => void>()
  return {
    postMessage: (message) => port.postMessage(message),
    on: (event: "message" | "close", listener: (event: any) => void) => {
      if (event === "close") return port.on(event, listener as () => void)
      const presenting = (message: { readonly data: any; readonly ports: Array<any> }): void =>
        listener({ data: withToken(message.data, token), ports: message.ports })
      listeners.set(listener, presenting)
      return port.on(event, presenting)
    },
    removeListener: (event: "message" | "close", listener: (event: any) => void) =>
      event === "close"
        ? port.removeListener(event, listener as () => void)
        : port.removeListener(event, listeners.get(listener) ?? listener),
    start: () => port.start(),
    close: () => port.close()
  }
}

/** A call of `connect`, with another token. What is none, or is none of ours, the broker refuses, as it came. */
const withToken = (message: any, token: string): unknown => {
  if (!Array.isArray(message?.path) || message.path[0] !== "connect" || !Array.isArray(message.argumentList))
    return message
  const [argument, ...more] = message.argumentList as ReadonlyArray<any>
  const payload: unknown = argument?.value?.payload
  if (typeof payload !== "object" || payload === null) return message
  const value = { ...argument.value, payload: { ...payload, token } }
  return { ...message, argumentList: [{ ...argument, value }, ...more] }
}
