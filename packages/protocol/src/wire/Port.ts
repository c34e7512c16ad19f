/**
 * The one thing a connection needs: an end of a message channel.
 *
 * A Node `MessagePort` and a DOM `MessagePort` are ports as they stand. Ports move between threads; they are neither
 * copied nor encoded.
 */
import * as Schema from "effect/Schema"

export interface Port {
  postMessage(message: unknown, transfer?: ReadonlyArray<unknown>): void
  addEventListener(type: "message" | "close" | "messageerror", listener: (event: any) => void): void
  removeEventListener(type: "message" | "close" | "messageerror", listener: (event: any) => void): void
  start?(): void
  close(): void
}

const isFunction = (value: unknown): boolean => typeof value === "function"

/** Whether a value can serve as a {@link Port}. */
export const isPort = (value: unknown): value is Port =>
  typeof value === "object" &&
  value !== null &&
  isFunction((value as Port).postMessage) &&
  isFunction((value as Port).addEventListener) &&
  isFunction((value as Port).close)

export const Port = Schema.declare<Port>(isPort, { identifier: "Port", expected: "a message port" })
