/**
 * The addresses by which a gateway may be reached: what a request may have as its `Host`, and as its `Origin`.
 *
 * A page whose name has been made to resolve to this machine (DNS rebinding) has its own name as both. So neither is compared
 * with the other: `Host` is held to this list first, and `Origin` to the same list.
 */
import { isIPv6 } from "node:net"
import { isLoopback } from "./is-loopback.ts"

export interface AddressOptions {
  /** The address that is listened at. */
  readonly address: string
  readonly port: number
  readonly scheme: "http" | "https"
  /** Names besides that, each with or without a port. */
  readonly hosts: ReadonlyArray<string>
  /** Origins of other pages, that may connect with a token of their own. */
  readonly origins: ReadonlyArray<string>
}

/** Whose page asks: none (no browser, or a plain navigation), our own, one that may connect with a token, or another. */
export type Origin = "none" | "own" | "allowed" | "foreign"

const defaultPorts = { http: 80, https: 443 } as const
const wildcards = new Set(["0.0.0.0", "::"])

export class Addresses {
  readonly #port: number
  readonly #scheme: "http" | "https"
  /** Name of the address that is listened at, as it stands in a URL. */
  readonly #bound: string
  readonly #isNear: boolean
  readonly #named: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>

  constructor({ address, port, scheme, hosts, origins }: AddressOptions) {
    this.#port = port
    this.#scheme = scheme
    this.#bound = isIPv6(address) ? `[${address}]` : address
    // Who listens at every address is not for that reason reached by every name.
    this.#isNear = wildcards.has(address) || isLoopback(this.#bound)
    this.#named = new Set(hosts.flatMap((host) => withPorts(host.toLowerCase(), [port, 80, 443])))
    this.#origins = new Set(origins.map((origin) => new URL(origin).origin))
  }

  hasHost(header: string | undefined): boolean {
    return header !== undefined && this.#has(parse(header, defaultPorts[this.#scheme]), this.#scheme)
  }

  originOf(header: string | undefined): Origin {
    if (header === undefined) return "none"
    const [, scheme, authority] = /^(https?):\/\/([^/]+)$/.exec(header) ?? []
    if (scheme === undefined) return "foreign"
    const place = parse(authority!, defaultPorts[scheme as "http" | "https"])
    if (this.#has(place, scheme as "http" | "https")) return "own"
    return this.#origins.has(header) ? "allowed" : "foreign"
  }

  #has(place: Place | undefined, scheme: "http" | "https"): boolean {
    if (place === undefined) return false
    // A name may be that of a proxy, which may speak https where we do not.
    if (this.#named.has(`${place.name}:${place.port}`)) return scheme === this.#scheme || scheme === "https"
    if (place.port !== this.#port || scheme !== this.#scheme) return false
    return this.#isNear ? isLoopback(place.name) : place.name === this.#bound
  }
}

interface Place {
  readonly name: string
  readonly port: number
}

const parse = (authority: string, defaultPort: number): Place | undefined => {
  const [, name, port] = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?$/.exec(authority.toLowerCase()) ?? []
  return name === undefined ? undefined : { name, port: port === undefined ? defaultPort : Number(port) }
}

const withPorts = (host: string, ports: ReadonlyArray<number>): ReadonlyArray<string> =>
  /:[0-9]+$/.test(host) ? [host] : ports.map((port) => `${host}:${port}`)
