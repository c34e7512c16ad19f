import { LimitExceeded } from "@spawnbroker/protocol"
import type { Grant } from "../access/Grant.ts"

const MINUTE_MS = 60_000

/** What has been taken of the quota of one link. */
interface Taken {
  /** Processes that are alive. */
  alive: number
  /** When the last ones were started, the oldest first. Kept only where they are counted. */
  readonly starts: Array<number>
}

/** The right to run one process. Given back once, when the process has exited. */
export interface Place {
  readonly giveBack: () => void
}

/**
 * How many processes the links of a chain have running, and have lately started. Each link counts for itself, and all that was
 * derived from it: so nobody gets more by deriving tokens, or by opening connections.
 */
export class Quotas {
  readonly #taken = new WeakMap<Grant, Taken>()

  /** One process more, if every link has room for it; otherwise none of them has counted it. */
  take(links: ReadonlyArray<Grant>): Place | LimitExceeded {
    const now = performance.now()
    const taken = links.map((link) => this.#of(link))
    for (const [index, link] of links.entries()) {
      const refusal = refuse(link, taken[index]!, now)
      if (refusal !== undefined) return refusal
    }
    for (const [index, { quota }] of links.entries()) {
      taken[index]!.alive++
      if (quota.startsPerMinute !== undefined) taken[index]!.starts.push(now)
    }
    return { giveBack: once(() => taken.forEach((each) => each.alive--)) }
  }

  #of(link: Grant): Taken {
    const known = this.#taken.get(link)
    if (known !== undefined) return known
    const taken: Taken = { alive: 0, starts: [] }
    this.#taken.set(link, taken)
    return taken
  }
}

const refuse = ({ quota }: Grant, { alive, starts }: Taken, now: number): LimitExceeded | undefined => {
  const { concurrent, startsPerMinute } = quota
  if (concurrent !== undefined && alive >= concurrent) {
    return new LimitExceeded({ limit: "concurrent", maximum: concurrent })
  }
  if (startsPerMinute === undefined) return undefined
  const firstRecent = starts.findIndex((start) => start > now - MINUTE_MS)
  starts.splice(0, firstRecent < 0 ? Infinity : firstRecent)
  return starts.length < startsPerMinute
    ? undefined
    : new LimitExceeded({ limit: "startsPerMinute", maximum: startsPerMinute })
}

const once = (act: () => void): (() => void) => {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}
