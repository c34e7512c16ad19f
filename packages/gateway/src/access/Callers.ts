/**
 * Who asks. What a request brings is looked at in this order, and the first that is not in order is the answer: `Host`, `Origin`,
 * then a token or a cookie.
 */
import type { Identity } from "@spawnbroker/broker"
import { BrokerUnavailable, InvalidToken } from "@spawnbroker/protocol"
import type { IncomingMessage } from "node:http"
import { type Answer, text } from "../http/Answer.ts"
import type { LoginSession, LoginSessions } from "../users/LoginSessions.ts"
import type { SessionCookie } from "../users/SessionCookie.ts"
import type { Addresses, Origin } from "./Addresses.ts"

/** Somebody with a token, or somebody who has logged in. */
export interface Caller extends Identity {
  readonly session?: LoginSession
}

/** Why somebody is nobody: his token, or that there is no broker to ask about it. */
export type Denial = InvalidToken | BrokerUnavailable

export const isDenial = (caller: Caller | Denial): caller is Denial =>
  caller instanceof InvalidToken || caller instanceof BrokerUnavailable

export class Callers {
  readonly #addresses: Addresses
  readonly #sessions: LoginSessions
  readonly #cookie: SessionCookie
  readonly #identify: (token: string) => Promise<Identity | Denial>

  constructor(
    addresses: Addresses,
    sessions: LoginSessions,
    cookie: SessionCookie,
    identify: (token: string) => Promise<Identity | Denial>
  ) {
    this.#addresses = addresses
    this.#sessions = sessions
    this.#cookie = cookie
    this.#identify = identify
  }

  /** Why a request is not for us, if so. */
  refuse({ headers, rawHeaders, url }: IncomingMessage): Answer | undefined {
    const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host")
    if (hosts.length !== 1 || !this.#addresses.hasHost(headers.host)) {
      return text(421, "This is not the host that is asked for. See the gateway's option `hosts`.")
    }
    if (this.originOf(headers.origin) === "foreign") return text(403, "Pages of this origin may not ask.")
    return url?.startsWith("/") === true ? undefined : text(400, "This is no path.")
  }

  originOf(header: string | undefined): Origin {
    return this.#addresses.originOf(header)
  }

  async byToken(token: string): Promise<Caller | Denial> {
    return this.#identify(token)
  }

  /**
   * Who has logged in. `isNavigation`: a plain GET, which has no origin; a page of another site sends no cookie with it. All
   * else must come from a page of ours.
   */
  byCookie({ headers }: IncomingMessage, isNavigation: boolean): Caller | InvalidToken {
    const origin = this.originOf(headers.origin)
    const isOurs = origin === "own" || (origin === "none" && isNavigation)
    const secret = isOurs ? this.#cookie.read(headers.cookie) : undefined
    if (secret === undefined) return new InvalidToken({ reason: "missing" })
    const session = this.#sessions.find(secret)
    if (session === undefined) return new InvalidToken({ reason: "expired" })
    return { subject: `user:${session.user.name}`, observe: session.user.observe, session }
  }

  /**
   * Whether somebody may do what the host can: he has logged in as an admin, and his own token has not been ended meanwhile. A
   * token alone, whatever its policy, is not enough.
   */
  async isAdmin(caller: Caller | Denial): Promise<boolean> {
    const user = isDenial(caller) ? undefined : caller.session?.user
    return user?.role === "admin" && !isDenial(await this.byToken(user.token))
  }

  /** By the header of a program, or the cookie of a page. */
  async of(request: IncomingMessage): Promise<Caller | Denial> {
    const [, token] = /^Bearer ([A-Za-z0-9._~-]{1,512})$/.exec(request.headers.authorization ?? "") ?? []
    if (token !== undefined) return this.byToken(token)
    return this.byCookie(request, request.method === "GET" || request.method === "HEAD")
  }
}
