import { describe, expect, it } from "vitest"
import { cell, fit, formatBytes, formatMs, wrap } from "../../src/screen/format.ts"

describe("format", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [2_500_000, "2.5 MB"],
    [1.2e9, "1.2 GB"]
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([
    [0, "0.0 ms"],
    [9.94, "9.9 ms"],
    [12.4, "12 ms"],
    [2193, "2,193 ms"]
  ])("%d milliseconds are %s", (ms, text) => {
    expect(formatMs(ms)).toBe(text)
  })

  it("cuts what is too long, and marks the cut", () => {
    expect(fit("abcdef", 4)).toBe("abc…")
    expect(fit("abcd", 4)).toBe("abcd")
  })

  it("keeps a cell on one line, exactly as wide as it should be", () => {
    expect(cell("a\nb", 5)).toBe("a b  ")
    expect(cell("12", 5, "right")).toBe("   12")
  })

  it("wraps at spaces, no line wider than asked for", () => {
    expect(wrap("one two three four", 9)).toEqual(["one two", "three", "four"])
  })
})
