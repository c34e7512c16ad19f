/**
 * The one thing a connection needs: an end of a message channel.
 *
 * A Node `MessagePort` and a DOM `MessagePort` are ports as they stand. Ports move between threads; they are neither
 * copied nor encoded. Where a message cannot hold a port (Electron's messages carry `{ data, ports }`), a marker stands
 * in its place: `{ $port: 0 }` for the first of `ports`.
 */
import * as Schema from "effect/Schema"

export interface Port {
  postMessage(message: unknown, transfer?: ReadonlyArray<unknown>): void
  addEventListener(type: "message" | "close" | "messageerror", listener: (event: any) => void): void
  removeEventListener(type: "message" | "close" | "messageerror", listener: (event: any) => void): void
  /** Node's way to listen, where there is one. */
  on?(type: "message" | "close" | "messageerror", listener: (value: any) => void): unknown
  start?(): void
  /** Node's way to say whether the port keeps the loop alive, where there is one. */
  ref?(): void
  unref?(): void
  close(): void
  /**
   * A channel whose ends can be moved through this port. Absent where any `MessageChannel` will do.
   */
  createChannel?(): { readonly port1: Port; readonly port2: Port }
}

const isFunction = (value: unknown): boolean => typeof value === "function"

/** Whether a value can serve as a {@link Port}. */
export const isPort = (value: unknown): value is Port =>
  typeof value === "object" &&
  value !== null &&
  isFunction((value as Port).postMessage) &&
  isFunction((value as Port).addEventListener) &&
  isFunction((value as Port).close)

type Marker = { readonly $port: unknown }

const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && (Array.isArray(value) || isPlain(value))

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const isMarker = (value: unknown): value is Marker => isContainer(value) && "$port" in value

/**
 * A copy of a message with a marker in the place of each port, for a transport that carries `ports` beside it.
 *
 * Throws a `TypeError` for a message that holds something that looks like a marker, and for a port that is not in it
 * exactly once: the other end would refuse it.
 */
const toMarkers = (message: unknown, ports: ReadonlyArray<unknown>): unknown => {
  const left = new Set(ports)
  const replace = (value: unknown): unknown => {
    if (left.delete(value)) return { $port: ports.indexOf(value) }
    if (isMarker(value)) throw new TypeError("A message with ports cannot hold the marker of one.")
    if (!isContainer(value)) return value
    if (Array.isArray(value)) return value.map(replace)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]))
  }
  const replaced = replace(message)
  if (left.size > 0) throw new TypeError("A port that moves must stand in its message, once.")
  return replaced
}

/**
 * Values that a message with ports may hold. Only `connect` is one, with about a dozen. Higher lets a hostile window cost
 * its host's thread more for each message, and recurse deeper.
 */
const MAX_MARKED_VALUES = 64

/**
 * Puts ports where the markers of a message are. `false` means that markers and ports do not match one to one, or that
 * the message is larger than any that carries a port; then nothing has been changed.
 *
 * Run on what a stranger has sent, so it looks at a bounded number of values. The numbers of the markers count only the
 * ports that came with the same message: nobody can name another's.
 */
const fromMarkers = (message: unknown, ports: ReadonlyArray<unknown>): boolean => {
  const places: Array<readonly [holder: Record<string, unknown>, key: string, index: unknown]> = []
  let values = 0
  const collect = (holder: Record<string, unknown>): boolean => {
    for (const key in holder) {
      if (++values > MAX_MARKED_VALUES) return false
      const value = holder[key]
      if (isMarker(value)) places.push([holder, key, isOnlyMarker(value) ? value.$port : undefined])
      else if (isContainer(value) && !collect(value)) return false
    }
    return true
  }
  if (!isContainer(message) || !collect(message)) return false
  const named = new Set(places.map(([, , index]) => index))
  if (places.length !== ports.length || ports.some((_, index) => !named.has(index))) return false
  for (const [holder, key, index] of places) holder[key] = ports[index as number]
  return true
}

const isOnlyMarker = (value: Marker): boolean => Object.keys(value).length === 1

const schema = Schema.declare<Port>(isPort, { identifier: "Port", expected: "a message port" })

export const Port: typeof schema & {
  readonly toMarkers: typeof toMarkers
  readonly fromMarkers: typeof fromMarkers
} = Object.assign(schema, { toMarkers, fromMarkers })
