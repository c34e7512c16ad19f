/** Codes by which a user logs in: each once, within some minutes. Only their hashes are kept. */
import { hashOf, newSecret } from "./secrets.ts"
import type { User } from "./Users.ts"

/** Codes that are good at a time. The oldest go first. */
const MAX_CODES = 256

export class LoginCodes {
  readonly #lifetimeMs: number
  readonly #codes = new Map<string, { readonly user: User; readonly until: number }>()

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs
  }

  issue(user: User): string {
    const code = newSecret()
    this.#codes.set(hashOf(code), { user, until: performance.now() + this.#lifetimeMs })
    if (this.#codes.size > MAX_CODES) this.#codes.delete(this.#codes.keys().next().value!)
    return code
  }

  /** Whose code it is, if it is good. It is no more. */
  take(code: string): User | undefined {
    const hash = hashOf(code)
    const found = this.#codes.get(hash)
    this.#codes.delete(hash)
    return found !== undefined && performance.now() < found.until ? found.user : undefined
  }
}
