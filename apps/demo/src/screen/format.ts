/** Figures as people read them, and texts cut to the width that they have. */

export const formatBytes = (bytes: number): string => {
  const unit = units.find(({ size }) => bytes >= size)
  return unit === undefined ? `${Math.round(bytes)} B` : `${(bytes / unit.size).toFixed(1)} ${unit.name}`
}

const units = [
  { name: "GB", size: 1e9 },
  { name: "MB", size: 1e6 },
  { name: "kB", size: 1e3 }
]

export const formatSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

export const formatMs = (ms: number): string =>
  ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms).toLocaleString("en")} ms`

/** As long as it is, or cut, with a mark that it was. A line break in it becomes a space. */
export const fit = (text: string, width: number): string => {
  const plain = text.replaceAll(/[\r\n\t]+/g, " ")
  return plain.length <= width ? plain : `${plain.slice(0, Math.max(0, width - 1))}…`
}

/** Exactly as wide: cut or filled up. */
export const cell = (text: string, width: number, side: "left" | "right" = "left"): string => {
  const cut = fit(text, width)
  return side === "left" ? cut.padEnd(width) : cut.padStart(width)
}

/** Text in lines no wider than `width`, broken at spaces. */
export const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split(" ").reduce<Array<string>>((lines, word) => {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(fit(word, width))
    return lines
  }, [])

export const count = (number: number, one: string, many: string): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`
