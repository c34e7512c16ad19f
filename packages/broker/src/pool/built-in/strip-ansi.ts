import type { MakeBuiltIn } from "../BuiltInTransform.ts"

const ESC = 0x1b
const BEL = 0x07
const BACKSLASH = 0x5c

/**
 * Where in a control sequence the bytes are, after ECMA-48. `string`: within one that has text of its own (a title, a link), up
 * to BEL or `ESC \`. `intermediate`: after `ESC` and a byte such as `(`, of which one more follows.
 */
type Place = "text" | "escape" | "intermediate" | "control" | "string" | "string escape"

/** Text without the sequences that a terminal obeys. A sequence may be split anywhere. */
export const stripAnsi: MakeBuiltIn = (emit) => {
  let place: Place = "text"
  return {
    step: (bytes) => {
      const kept = new Uint8Array(bytes.byteLength)
      let length = 0
      for (let at = 0; at < bytes.byteLength;) {
        if (place !== "text") place = after[place](bytes[at++]!)
        else {
          // Text goes at one go, up to where a sequence begins.
          const found = bytes.indexOf(ESC, at)
          const end = found < 0 ? bytes.byteLength : found
          kept.set(bytes.subarray(at, end), length)
          length += end - at
          at = end + 1
          if (found >= 0) place = "escape"
        }
      }
      emit(kept.slice(0, length))
    },
    end: () => {}
  }
}

/** After `ESC`. */
const begin = (byte: number): Place => {
  if (byte === ESC) return "escape"
  if (byte === 0x5b) return "control"
  // DCS, SOS, OSC, PM, APC.
  if ([0x50, 0x58, 0x5d, 0x5e, 0x5f].includes(byte)) return "string"
  return isBetween(byte, 0x20, 0x2f) ? "intermediate" : "text"
}

const isBetween = (byte: number, from: number, to: number): boolean => byte >= from && byte <= to

/** Where a byte leads, by where it is. */
const after: { readonly [P in Exclude<Place, "text">]: (byte: number) => Place } = {
  escape: begin,
  intermediate: (byte) => (byte === ESC ? "escape" : isBetween(byte, 0x20, 0x2f) ? "intermediate" : "text"),
  control: (byte) => (byte === ESC ? "escape" : isBetween(byte, 0x40, 0x7e) ? "text" : "control"),
  string: (byte) => (byte === BEL ? "text" : byte === ESC ? "string escape" : "string"),
  "string escape": (byte) => (byte === BACKSLASH ? "text" : begin(byte))
}
