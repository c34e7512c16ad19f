/** Who has logged in. The page has a cookie, which no script can read; here is its hash. */
import { hashOf, newSecret } from "./secrets.ts"
import type { User } from "./Users.ts"

/** Sessions of one user at a time. The oldest are ended. */
const MAX_SESSIONS = 32

export interface LoginSession {
  readonly user: User
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** What is ended with it: the connections of its pages. */
  readonly connections: Set<() => void>
}

export class LoginSessions {
  readonly #lifetimeMs: number
  readonly #sessions = new Map<string, LoginSession>()
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Answers the secret of the cookie. */
  open(user: User): { readonly secret: string; readonly session: LoginSession } {
    const secret = newSecret()
    const hash = hashOf(secret)
    const session: LoginSession = { user, expiresAt: Date.now() + this.#lifetimeMs, connections: new Set() }
    const own = [...this.#sessions].filter(([, other]) => other.user === user)
    for (const [oldest] of own.slice(0, Math.max(0, own.length - MAX_SESSIONS + 1))) this.#end(oldest)
    this.#sessions.set(hash, session)
    this.#timers.set(hash, setTimeout(() => this.#end(hash), this.#lifetimeMs).unref())
    return { secret, session }
  }

  find(secret: string): LoginSession | undefined {
    const session = this.#sessions.get(hashOf(secret))
    // A timer may be late.
    return session !== undefined && Date.now() < session.expiresAt ? session : undefined
  }

  close(secret: string): void {
    this.#end(hashOf(secret))
  }

  closeAll(): void {
    for (const hash of [...this.#sessions.keys()]) this.#end(hash)
  }

  #end(hash: string): void {
    const session = this.#sessions.get(hash)
    clearTimeout(this.#timers.get(hash))
    this.#timers.delete(hash)
    this.#sessions.delete(hash)
    for (const end of [...(session?.connections ?? [])]) end()
  }
}
