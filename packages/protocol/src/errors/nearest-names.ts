/** So many slips at most: a letter too many, too few, wrong, or two that have changed places. More would be guessing. */
const MAX_SLIPS = 2
/** Longer names are not looked at. Higher: a longer comparison, for names that nobody types. */
const MAX_LENGTH = 64

/**
 * The names that someone may have meant, the nearest first; among equals, those that come first in the list.
 *
 * They differ by two slips at most, and by less than half of what was typed: "ls" is no slip of "cp".
 */
export const nearestNames = (typed: string, names: Iterable<string>): ReadonlyArray<string> => {
  const most = Math.min(MAX_SLIPS, Math.ceil(typed.length / 2) - 1)
  if (most < 1 || typed.length > MAX_LENGTH) return []
  const near: Array<Array<string>> = Array.from({ length: most }, () => [])
  const typedLetters = lettersOf(typed)
  for (const name of names) {
    if (name === typed || Math.abs(name.length - typed.length) > most) continue
    // A slip takes one letter away and brings one in, at most. Nearly every name ends here, for a tenth of the cost.
    if (countBits(typedLetters ^ lettersOf(name)) > 2 * most) continue
    const count = slips(typed, name, most)
    if (count <= most) near[count - 1]!.push(name)
  }
  return near.flat()
}

/** Which letters there are, a bit each; several characters share one. */
const lettersOf = (name: string): number => {
  let letters = 0
  for (let at = 0; at < name.length; at++) letters |= 1 << (name.charCodeAt(at) & 31)
  return letters
}

const countBits = (bits: number): number => {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++
  return count
}

/** The distance of optimal string alignment, or more than `most`. See Boytsov, "Indexing methods", 2011, section 2.2. */
const slips = (a: string, b: string, most: number): number => {
  let beforeLast: ReadonlyArray<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let least = row
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let count = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        count = Math.min(count, beforeLast[column - 2]! + 1)
      }
      current.push(count)
      least = Math.min(least, count)
    }
    // No later row is less than its two forerunners.
    if (least > most && Math.min(...last) > most) return most + 1
    beforeLast = last
    last = current
  }
  return last[b.length]!
}
