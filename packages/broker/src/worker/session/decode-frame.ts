/**
 * The decoder of the data port: by hand, since it runs for each chunk and each credit. A property test holds it to the
 * schema `ClientFrame`, which is the definition.
 */
import { type ClientFrame, isFd, isFrameBytes, MAX_BATCH_FRAMES } from "@spawnbroker/protocol"

/** The frames of a batch, or nothing if any of them is not one. */
export const decodeBatch = (message: unknown): ReadonlyArray<ClientFrame> | undefined =>
  // `every` alone would pass over the holes of a sparse array.
  Array.isArray(message) && message.length <= MAX_BATCH_FRAMES && Array.from<unknown>(message).every(isClientFrame)
    ? message
    : undefined

export const isClientFrame = (value: unknown): value is ClientFrame => {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !isChannel((value as ClientFrame).channel))
    return false
  const frame = value as ClientFrame
  switch (frame._tag) {
    case "Credit":
      return hasKeys(frame, 4) && isFd(frame.fd) && isNatural(frame.bytes)
    case "Drain":
      return hasKeys(frame, 3) && isFd(frame.fd)
    case "Input":
      return hasKeys(frame, 4) && isFd(frame.fd) && isFrameBytes(frame.bytes)
    case "InputEnd":
      return hasKeys(frame, 3) && isFd(frame.fd)
    default:
      return false
  }
}

const hasKeys = (frame: object, count: number): boolean => Object.keys(frame).length === count
const isNatural = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isChannel = (value: unknown): boolean => isNatural(value) && (value as number) <= 0xffff_ffff
