/**
 * The cookie of a session: no script reads it (`HttpOnly`), and no other site's page sends it (`SameSite=Strict`).
 *
 * Cookies know no ports: a page of another server on the same machine is of the same site. So the port is part of its name, and
 * what changes anything asks for the page's origin besides, whose port is compared.
 */
export class SessionCookie {
  readonly #name: string
  readonly #attributes: string

  constructor(port: number, scheme: "http" | "https") {
    // A browser takes this prefix only over TLS, and then from nobody but this very host.
    this.#name = `${scheme === "https" ? "__Host-" : ""}spawnbroker-${port}`
    this.#attributes = `Path=/; HttpOnly; SameSite=Strict${scheme === "https" ? "; Secure" : ""}`
  }

  /** The secret within the header of a request. Of several, which a browser does not send, none is taken. */
  read(header: string | undefined): string | undefined {
    const prefix = `${this.#name}=`
    const found = (header ?? "")
      .split(";")
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(prefix))
    return found.length === 1 ? found[0]!.slice(prefix.length) : undefined
  }

  write(secret: string, maxAgeSeconds: number): string {
    return `${this.#name}=${secret}; Max-Age=${maxAgeSeconds}; ${this.#attributes}`
  }

  clear(): string {
    return this.write("", 0)
  }
}
