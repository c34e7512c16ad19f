import { assert, describe, it } from "@effect/vitest"
import { MAX_LOG_LINES } from "@spawnbroker/protocol"
import { LogBook, type LogQuery } from "../../../../src/worker/daemons/logs/LogBook.ts"

const bookOf = (count: number, text = (index: number): string => `line ${index}`): LogBook => {
  const book = new LogBook()
  for (let index = 0; index < count; index++)
    book.add({ at: 0, replica: 1 + (index % 2), stream: "stdout", text: text(index) })
  return book
}

const seqs = (book: LogBook, query: LogQuery): ReadonlyArray<number> => book.read(query).lines.map(({ seq }) => seq)

describe("the lines that are kept", () => {
  it("come from the first on, from a cursor, or from so many before the end", () => {
    const book = bookOf(5)
    assert.deepStrictEqual(seqs(book, {}), [0, 1, 2, 3, 4])
    assert.deepStrictEqual(seqs(book, { cursor: 3 }), [3, 4])
    assert.deepStrictEqual(seqs(book, { tail: 2 }), [3, 4])
    assert.deepStrictEqual(seqs(book, { tail: 0 }), [])
    assert.deepStrictEqual(seqs(book, { tail: 2, replica: 1 }), [2, 4])
    assert.deepStrictEqual(seqs(book, { cursor: 9 }), [])
  })

  it("come in pages, each of which says where the next begins", () => {
    const book = bookOf(MAX_LOG_LINES + 10)
    const first = book.read({})
    assert.deepStrictEqual([first.lines.length, first.cursor], [MAX_LOG_LINES, MAX_LOG_LINES])
    assert.strictEqual(book.read({ cursor: first.cursor }).lines.length, 10)
  })

  it("are the last ones, and how many are gone is said", () => {
    const book = bookOf(1000, (index) => `${index}`.padEnd(1000))
    const { lines, missed, cursor } = book.read({ cursor: 0 })
    assert.strictEqual(lines[0]!.seq, missed)
    assert.strictEqual(cursor, 1000)
    assert.isAtMost(lines.length * 1000, 256 * 1024)
    assert.isAtLeast(lines.length * 1000, 128 * 1024)
    assert.strictEqual(book.read({}).missed, 0)
  })

  it("wake those who wait for them, until they do not", () => {
    const book = new LogBook()
    let woken = 0
    const stop = book.onLine(() => woken++)
    book.add({ at: 0, replica: 1, stream: "stdout", text: "" })
    stop()
    book.add({ at: 0, replica: 1, stream: "stdout", text: "" })
    assert.strictEqual(woken, 1)
  })
})
