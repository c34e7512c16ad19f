/**
 * How often somebody at an address has failed to say who he is. Codes and tokens have 256 random bits, so that nobody guesses
 * one; what wrong ones can do is to cost time and to fill the log. One that is right is looked at first and always served:
 * else whoever shares an address (all of a machine do) could lock the others out.
 */

/** Failures that are answered as such. */
const FREE = 10
/** One failure is forgotten after this time. */
const FORGET_MS = 6000
/** Addresses that are remembered. Higher lets strangers cost more memory. */
const MAX_ADDRESSES = 1024

interface Failures {
  readonly count: number
  readonly at: number
}

export class FailedLogins {
  readonly #now: () => number
  readonly #byAddress = new Map<string, Failures>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Notes another one. Answers the seconds for which to stay away, or 0 where it was not one too many. */
  note(address: string): number {
    const now = this.#now()
    const { count, at } = this.#byAddress.get(address) ?? { count: 0, at: now }
    const failures = Math.min(Math.max(0, count - (now - at) / FORGET_MS) + 1, 2 * FREE)
    // Last in line again, so that the one that is longest ago is the first to be forgotten.
    this.#byAddress.delete(address)
    this.#byAddress.set(address, { count: failures, at: now })
    if (this.#byAddress.size > MAX_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value!)
    return failures <= FREE ? 0 : Math.ceil(((failures - FREE) * FORGET_MS) / 1000)
  }
}
