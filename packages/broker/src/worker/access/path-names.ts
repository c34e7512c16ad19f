import { readdirSync } from "node:fs"
import { searchPath } from "./resolve-command.ts"

/** How long a listing is believed. Longer: fewer readings. Shorter: a new program is suggested sooner. */
const FRESH_MS = 10_000
/** How many names of one PATH are looked at. Higher: a longer pause of the worker for each name that is not found. */
const MAX_NAMES = 20_000
/** How many PATHs are remembered. There are few policies with one of their own. */
const MAX_LISTINGS = 16

interface Listing {
  readonly names: ReadonlyArray<string>
  readonly readAt: number
}

const listings = new Map<string, Listing>()

/** The names in the directories of a PATH, in the order in which they are searched, as of some seconds ago. */
export const pathNames = (path: string, now = Date.now()): ReadonlyArray<string> => {
  const known = listings.get(path)
  if (known !== undefined && now - known.readAt < FRESH_MS) return known.names
  const names = [...new Set(searchPath(path).flatMap(namesIn))].slice(0, MAX_NAMES)
  // Back to the end: the first is the one that has not been read for longest.
  listings.delete(path)
  listings.set(path, { names, readAt: now })
  if (listings.size > MAX_LISTINGS) listings.delete(listings.keys().next().value!)
  return names
}

const namesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
