import type { MakeBuiltIn } from "../BuiltInTransform.ts"
import { RecordSplitter } from "../RecordSplitter.ts"

const NEWLINE = 10

/** The lines that contain one of some texts. Looked for as bytes, so that a line costs no string, and no text can cost more than its length. */
export const lines: MakeBuiltIn = (emit, { includes }: { readonly includes?: ReadonlyArray<string> }) => {
  const splitter = new RecordSplitter()
  const wanted = includes?.map((text) => Buffer.from(text))
  const pass = (whole: Buffer): void => {
    if (whole.byteLength > 0) emit(Uint8Array.from(wanted === undefined ? whole : matching(whole, wanted)))
  }
  return { step: (bytes) => pass(splitter.push(bytes)), end: () => pass(splitter.end()) }
}

/** Line by line, but for those in which nothing is found, which are passed over at one go. */
const matching = (whole: Buffer, wanted: ReadonlyArray<Buffer>): Uint8Array => {
  const kept: Array<Buffer> = []
  // Where each text is found next. What lies before is not looked through again.
  const next = wanted.map((text) => find(whole, text, 0))
  for (let at = Math.min(...next); at < whole.byteLength; at = Math.min(...next)) {
    const begin = at === 0 ? 0 : whole.lastIndexOf(NEWLINE, at - 1) + 1
    const end = find(whole, NEWLINE, at) + 1
    kept.push(whole.subarray(begin, end))
    for (const [index, text] of wanted.entries()) if (next[index]! < end) next[index] = find(whole, text, end)
  }
  return Buffer.concat(kept)
}

const find = (whole: Buffer, what: Buffer | number, from: number): number => {
  const at = whole.indexOf(what, from)
  return at < 0 ? whole.byteLength : at
}
