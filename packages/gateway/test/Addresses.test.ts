import { assert, describe, it } from "@effect/vitest"
import { type AddressOptions, Addresses } from "../src/access/Addresses.ts"

const addresses = (options: Partial<AddressOptions> = {}): Addresses =>
  new Addresses({ address: "127.0.0.1", port: 8080, scheme: "http", hosts: [], origins: [], ...options })

const near = ["127.0.0.1:8080", "127.9.9.9:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"]

const strangers = [
  undefined,
  "",
  "127.0.0.1",
  "127.0.0.1:8081",
  "127.0.0.1.evil.example:8080",
  "127.evil.example:8080",
  "localhost.evil.example:8080",
  "evil.example:8080",
  "localhost.:8080",
  "user@localhost:8080",
  "localhost:8080, localhost:8080",
  "localhost:8080\t",
  "[::ffff:127.0.0.1]:8080",
  "[::1",
  "0.0.0.0:8080",
  "2130706433:8080",
  "0x7f.0.0.1:8080",
  "127.1:8080"
]

describe("the host of a request", () => {
  it.each(near)("%s is ours at a loopback address", (host) => {
    assert.isTrue(addresses().hasHost(host))
  })

  it.each(strangers)("%j is not, however much it looks like it", (host) => {
    assert.isFalse(addresses().hasHost(host))
  })

  it("is not every name where every address is listened at", () => {
    for (const address of ["0.0.0.0", "::"]) {
      assert.isFalse(addresses({ address }).hasHost("evil.example:8080"))
      assert.isTrue(addresses({ address }).hasHost("localhost:8080"))
    }
  })

  it("at another address is that address, and no loopback name", () => {
    const there = addresses({ address: "192.0.2.7" })
    assert.isTrue(there.hasHost("192.0.2.7:8080"))
    assert.isFalse(there.hasHost("localhost:8080"))
  })

  it("may be a name that the host has given, at its port or at those of the web", () => {
    const named = addresses({ hosts: ["Console.example.org", "other.example.org:9000"] })
    for (const host of ["console.example.org", "console.example.org:8080", "other.example.org:9000"]) {
      assert.isTrue(named.hasHost(host), host)
    }
    for (const host of ["console.example.org:9000", "other.example.org", "x.console.example.org"]) {
      assert.isFalse(named.hasHost(host), host)
    }
  })

  it("has the default port of its scheme where it says none", () => {
    assert.isTrue(addresses({ port: 443, scheme: "https" }).hasHost("localhost"))
    assert.isFalse(addresses({ port: 443 }).hasHost("localhost"))
  })
})

describe("the origin of a request", () => {
  it.each([
    [undefined, "none"],
    ["http://localhost:8080", "own"],
    ["http://127.0.0.1:8080", "own"],
    ["https://localhost:8080", "foreign"],
    ["http://localhost:3000", "foreign"],
    ["http://localhost", "foreign"],
    ["http://evil.example", "foreign"],
    ["http://evil.example:8080", "foreign"],
    ["http://localhost.evil.example:8080", "foreign"],
    ["null", "foreign"],
    ["", "foreign"],
    ["file://", "foreign"],
    ["http://localhost:8080/", "foreign"],
    ["chrome-extension://abc", "foreign"],
    ["https://app.example.org", "allowed"],
    ["https://app.example.org.evil.example", "foreign"],
    ["https://console.example.org", "own"]
  ] as const)("%j is %s", (origin, kind) => {
    const known = addresses({ hosts: ["console.example.org"], origins: ["https://app.example.org"] })
    assert.strictEqual(known.originOf(origin), kind)
  })
})
