/** However the bytes of a stream are cut, a transform makes the same of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"
import { BuiltInSteps } from "../../src/pool/BuiltInSteps.ts"
import { stepOwn } from "../../src/pool/step-own.ts"

/** Pieces of what is fed, and where each of them is cut again. */
const Pieces = Schema.Array(Schema.String)
/** Half of a surrogate pair has no bytes of its own, so what is fed has none. */
const noHalves = (texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.map((text) => text.toWellFormed())
const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))

const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  let at = 0
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...pieces, bytes.subarray(at)]
}

const inputOf = (piece: Uint8Array, isLast: boolean) => ({
  room: Uint8Array.from(piece),
  length: piece.byteLength,
  isLast
})

/** What a transform makes of pieces, one step each, and as many more as it asks for. */
const feed = async (builtIn: string, options: object, pieces: ReadonlyArray<Uint8Array>): Promise<Buffer> => {
  const steps = new BuiltInSteps()
  const made: Array<Uint8Array> = []
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1
    let next = inputOf(piece, isLast)
    for (let hasMore = true; hasMore; next = inputOf(new Uint8Array(), isLast)) {
      const answer = await steps.step({
        _tag: "Step",
        stream: 1,
        builtIn,
        options: options as Record<string, unknown>,
        input: next
      })
      assert(answer._tag === "Stepped")
      if (answer.failure !== undefined) throw new Error(answer.failure.problem)
      made.push(...answer.results)
      hasMore = answer.hasMore
    }
  }
  return Buffer.concat(made)
}

const noLines = (text: string): string => text.replaceAll(/[\r\n]/g, " ")

describe("a built-in transform, however its input is cut,", () => {
  it.effect.prop("ndjson gives each value", [Pieces, Cuts], ([texts, cuts]) =>
    Effect.promise(async () => {
      const lines = noHalves(texts).map((text) => JSON.stringify({ text }))
      const made = await feed("ndjson", {}, cut(Buffer.from(lines.join("\n")), cuts))
      assert.strictEqual(made.toString(), lines.map((line) => `${line}\n`).join(""))
    })
  )

  it.effect.prop("ndjson gives the fields that are asked for", [Pieces, Cuts], ([texts, cuts]) =>
    Effect.promise(async () => {
      const lines = noHalves(texts).map((text, at) => JSON.stringify({ at, text, more: [text] }))
      const made = await feed("ndjson", { pick: ["text"] }, cut(Buffer.from(lines.join("\n")), cuts))
      assert.strictEqual(
        made.toString(),
        noHalves(texts)
          .map((text) => `${JSON.stringify({ text })}\n`)
          .join("")
      )
    })
  )

  it.effect.prop("lines gives those that contain a text", [Pieces, Schema.String, Cuts], ([texts, sought, cuts]) =>
    Effect.promise(async () => {
      const wanted = noLines(sought) || "x"
      const lines = texts.map((text) => `${noLines(text)}\n`)
      const made = await feed("lines", { includes: [wanted, "e"] }, cut(Buffer.from(lines.join("")), cuts))
      // As bytes: half of a surrogate pair, sought as a string, ends Node itself.
      const needles = [Buffer.from(wanted), Buffer.from("e")]
      const kept = lines
        .map((line) => Buffer.from(line))
        .filter((line) => needles.some((needle) => line.includes(needle)))
      assert.isTrue(made.equals(Buffer.concat(kept)))
    })
  )

  it.effect.prop("lines without a text gives all", [Schema.String, Cuts], ([text, cuts]) =>
    Effect.promise(async () => {
      assert.isTrue((await feed("lines", {}, cut(Buffer.from(text), cuts))).equals(Buffer.from(text)))
    })
  )

  it.effect.prop("stripAnsi gives the text between sequences", [Pieces, Cuts], ([texts, cuts]) =>
    Effect.promise(async () => {
      const plain = noHalves(texts).map((text) => text.replaceAll("\u001b", ""))
      const shown = plain.map((text) => `\u001b[1;3${text.length % 8}m\u001b]0;a title\u001b\\${text}\u001b(B`).join("")
      const made = await feed("stripAnsi", {}, cut(Buffer.from(shown), cuts))
      assert.isTrue(made.equals(Buffer.from(plain.join(""))))
    })
  )

  it.effect.prop("gunzip gives what was compressed", [Pieces, Cuts], ([texts, cuts]) =>
    Effect.promise(async () => {
      const bytes = Buffer.from(texts.join(""))
      assert.isTrue((await feed("gunzip", {}, cut(gzipSync(bytes), cuts))).equals(bytes))
    })
  )

  it.effect.prop("digest gives the hash of everything", [Schema.String, Cuts], ([text, cuts]) =>
    Effect.promise(async () => {
      const made = await feed("digest", { algorithm: "sha512" }, cut(Buffer.from(text), cuts))
      assert.deepStrictEqual(JSON.parse(made.toString()), {
        algorithm: "sha512",
        hex: createHash("sha512").update(text).digest("hex"),
        bytes: Buffer.byteLength(text)
      })
    })
  )

  it.effect.prop("one of the host's own is given each line whole, with its state", [Pieces, Cuts], ([texts, cuts]) =>
    Effect.promise(async () => {
      const module = new URL("./fixtures/count-lines.ts", import.meta.url).href
      const lines = noHalves(texts).map(noLines)
      const pieces = cut(Buffer.from(lines.map((line) => `${line}\n`).join("")), cuts)
      const made: Array<Uint8Array> = []
      let state: Uint8Array<ArrayBuffer> | undefined
      for (const [index, piece] of pieces.entries()) {
        const input = inputOf(piece, index === pieces.length - 1)
        const answer = await stepOwn({ _tag: "OwnStep", module, options: {}, state, input })
        assert(answer._tag === "Stepped" && answer.failure === undefined)
        made.push(...answer.results)
        state = answer.state
      }
      const numbered = lines.map((line, index) => `${JSON.stringify({ number: index + 1, line })}\n`)
      assert.strictEqual(Buffer.concat(made).toString(), numbered.join(""))
    })
  )
})
