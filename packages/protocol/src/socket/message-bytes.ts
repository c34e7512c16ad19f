/**
 * A message as bytes: JSON, and behind it the bytes that the message holds, as they are.
 *
 * | part | size | what |
 * |---|---|---|
 * | length | 4, big-endian | bytes of the JSON |
 * | JSON | length | the message, with `{"$bytes":[offset,length]}` for bytes, `{"$undefined":0}` for what is undefined |
 * | bytes | the rest | what the offsets count in |
 *
 * An object of which one of these marks is the only key is wrapped (`{"$object":{…}}`), so that every message comes out as
 * it went in. Only plain data goes in: nothing here can make an instance of a class, a reference to itself, or memory that is
 * larger than what has come. (V8's own format can do all three; its reader trusts what it reads.)
 */

/** What a message may be at most. A stranger's is measured before it is taken apart. */
export interface MessageLimits {
  /** Bytes, all in all. */
  readonly bytes: number
  /** Values. Each costs its reader some tens of bytes. */
  readonly values: number
}

/** Deepest nesting of a message. The deepest of ours has about a dozen. */
const MAX_DEPTH = 32

const marks = new Set(["$bytes", "$undefined", "$object"])

const onlyKey = (value: object): string | undefined => {
  const [key, ...more] = Object.keys(value)
  return more.length === 0 ? key : undefined
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * The pieces of a message, to be written one after the other. The bytes that it holds are not copied.
 *
 * Throws a `TypeError` for what is no plain data.
 */
export const encodeMessage = (message: unknown): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  let offset = 0
  const encode = (value: unknown): unknown => {
    if (value === undefined) return { $undefined: 0 }
    if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`A message cannot hold ${value}.`)
    if (typeof value !== "object" || value === null) return plain(value)
    if (value instanceof Uint8Array) {
      const mark = { $bytes: [offset, value.byteLength] }
      offset += value.byteLength
      pieces.push(value)
      return mark
    }
    if (Array.isArray(value)) return value.map(encode)
    if (!isPlain(value)) throw new TypeError("A message holds plain data only.")
    const encoded = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]))
    const key = onlyKey(value)
    return key !== undefined && marks.has(key) ? { $object: encoded } : encoded
  }
  const json = new TextEncoder().encode(JSON.stringify(encode(message)))
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, json.byteLength)
  return [length, json, ...pieces]
}

const plain = (value: unknown): unknown => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null)
    return value
  throw new TypeError("A message holds plain data only.")
}

/**
 * The message of which these are the bytes. Bytes in it are copies, each with a buffer of its own.
 *
 * Throws where they are none: whoever has sent them is broken, or hostile.
 */
export const decodeMessage = (bytes: Uint8Array, limits: MessageLimits): unknown => {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
  if (4 + length > bytes.byteLength) throw new TypeError("A message is shorter than it says.")
  const json = bytes.subarray(4, 4 + length)
  const binary = bytes.subarray(4 + length)
  measure(json, limits.values)
  // Each byte is taken once, in order, as it was written: else a few bytes could be named a million times.
  let taken = 0
  const bytesOf = (place: unknown): Uint8Array => {
    const [offset, size] = Array.isArray(place) && place.length === 2 ? (place as [unknown, unknown]) : []
    if (offset !== taken || !Number.isInteger(size) || (size as number) < 0) throw new TypeError("Bytes are misplaced.")
    taken += size as number
    if (taken > binary.byteLength) throw new TypeError("A message has fewer bytes than it says.")
    return new Uint8Array(binary.subarray(offset, taken))
  }
  const decodeFields = (holder: Record<string, unknown>): unknown => {
    for (const key of Object.keys(holder)) {
      const value = decode(holder[key])
      // Assigned to, it would be the prototype of what the message is.
      if (key === "__proto__") Object.defineProperty(holder, key, { value })
      else holder[key] = value
    }
    return holder
  }
  const decode = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) value[index] = decode(value[index])
      return value
    }
    const key = onlyKey(value)
    if (key === "$undefined") return undefined
    if (key === "$bytes") return bytesOf((value as { $bytes: unknown }).$bytes)
    if (key === "$object") {
      const wrapped: unknown = (value as { $object: unknown }).$object
      if (typeof wrapped !== "object" || wrapped === null || Array.isArray(wrapped)) {
        throw new TypeError("A mark is misplaced.")
      }
      return decodeFields(wrapped as Record<string, unknown>)
    }
    return decodeFields(value as Record<string, unknown>)
  }
  const message = decode(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json)))
  if (taken !== binary.byteLength) throw new TypeError("A message has more bytes than it says.")
  return message
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const opening = new Set([0x5b, 0x7b])
const closing = new Set([0x5d, 0x7d])
const COMMA = 0x2c

/** Counts values and depth without making any of them. A text of a few bytes can be a million empty arrays. */
const measure = (json: Uint8Array, maxValues: number): void => {
  let values = 1
  let depth = 0
  let isText = false
  for (let at = 0; at < json.byteLength; at++) {
    const byte = json[at]!
    if (isText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) isText = false
    } else if (byte === QUOTE) isText = true
    else if (byte === COMMA) values++
    else if (opening.has(byte)) {
      values++
      depth++
    } else if (closing.has(byte)) depth--
    if (values > maxValues || depth > MAX_DEPTH) throw new TypeError("A message is too large, or too deep.")
  }
}
