/** Reads the text format of Prometheus as strictly as it is defined. */
import { assert } from "@effect/vitest"

/** Each series by its name and labels, as they stand in the text. */
export type Scraped = ReadonlyMap<string, number>

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*")*\})? (\S+)$/
const HEADER = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/

export const parsePrometheus = (text: string): Scraped => {
  const series = new Map<string, number>()
  const types = new Map<string, string>()
  assert.isTrue(text.endsWith("\n"))
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, family, value] = HEADER.exec(line) ?? []
    if (keyword === "TYPE") {
      assert.isFalse(types.has(family!), `the family ${family} is there twice`)
      types.set(family!, value!)
    }
    if (keyword !== undefined) continue
    const [, name, labels = "", number] = SAMPLE.exec(line) ?? []
    assert.isDefined(name, `no sample: ${line}`)
    const bare = name!.replace(/_(bucket|sum|count)$/, "")
    assert.isTrue(types.has(name!) || types.get(bare) === "histogram", `no type before ${line}`)
    assert.isFalse(series.has(name! + labels), `the series ${name}${labels} is there twice`)
    series.set(name! + labels, number === "+Inf" ? Infinity : Number(number))
    assert.isFalse(Number.isNaN(series.get(name! + labels)), `no number: ${line}`)
  }
  return series
}

/** The buckets of a histogram, from the first to that of all. */
export const bucketsOf = (scraped: Scraped, name: string): ReadonlyArray<number> =>
  [...scraped].filter(([series]) => series.startsWith(`${name}_bucket{`)).map(([, count]) => count)
