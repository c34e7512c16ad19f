import { assert, describe, it } from "@effect/vitest"
import { FailedLogins } from "../src/access/FailedLogins.ts"
import { LoginCodes } from "../src/users/LoginCodes.ts"
import { LoginSessions } from "../src/users/LoginSessions.ts"
import { SessionCookie } from "../src/users/SessionCookie.ts"
import type { User } from "../src/users/Users.ts"

const ada: User = { name: "ada", role: "viewer", token: "none", observe: "all", kill: "own" }

describe("a code of a log-in", () => {
  it("is good once", () => {
    const codes = new LoginCodes(60_000)
    const code = codes.issue(ada)
    assert.strictEqual(codes.take(code), ada)
    assert.isUndefined(codes.take(code))
  })

  it("is not good after its time, nor if it is another", () => {
    assert.isUndefined(new LoginCodes(0).take(new LoginCodes(0).issue(ada)))
    const late = new LoginCodes(0)
    assert.isUndefined(late.take(late.issue(ada)))
  })

  it("makes room for the next ones", () => {
    const codes = new LoginCodes(60_000)
    const [first, ...others] = Array.from({ length: 257 }, () => codes.issue(ada))
    assert.isUndefined(codes.take(first!))
    assert.isTrue(others.every((code) => codes.take(code) === ada))
  })
})

describe("a log-in", () => {
  it("ends, and its connections with it", () => {
    const sessions = new LoginSessions(60_000)
    const { secret, session } = sessions.open(ada)
    let ended = 0
    session.connections.add(() => ended++)
    assert.strictEqual(sessions.find(secret), session)
    sessions.close(secret)
    assert.isUndefined(sessions.find(secret))
    assert.deepStrictEqual([ended, sessions.size], [1, 0])
  })

  it("is one of 32 of its user at most, of which the oldest goes", () => {
    const sessions = new LoginSessions(60_000)
    const secrets = Array.from({ length: 33 }, () => sessions.open(ada).secret)
    const bob = sessions.open({ ...ada, name: "bob" }).secret
    assert.isUndefined(sessions.find(secrets[0]!))
    assert.isTrue([...secrets.slice(1), bob].every((secret) => sessions.find(secret) !== undefined))
    sessions.closeAll()
    assert.strictEqual(sessions.size, 0)
  })
})

describe("the cookie", () => {
  it("is found among others, by its whole name, and only where there is one", () => {
    const cookie = new SessionCookie(8080, "http")
    assert.strictEqual(cookie.read("a=1; spawnbroker-8080=secret; xspawnbroker-8080=no"), "secret")
    assert.isUndefined(cookie.read("spawnbroker-8081=secret"))
    assert.isUndefined(cookie.read("spawnbroker-8080=one; spawnbroker-8080=two"))
    assert.isUndefined(cookie.read(undefined))
  })

  it("is out of the reach of scripts and of other sites, and over TLS of every other connection", () => {
    assert.strictEqual(
      new SessionCookie(1, "http").write("s", 9),
      "spawnbroker-1=s; Max-Age=9; Path=/; HttpOnly; SameSite=Strict"
    )
    assert.strictEqual(
      new SessionCookie(1, "https").write("s", 9),
      "__Host-spawnbroker-1=s; Max-Age=9; Path=/; HttpOnly; SameSite=Strict; Secure"
    )
  })
})

describe("failed log-ins", () => {
  it("are answered ten times, then ever later up to a minute, and are forgotten", () => {
    let now = 0
    const failures = new FailedLogins(() => now)
    assert.deepStrictEqual(
      Array.from({ length: 10 }, () => failures.note("a")),
      Array.from({ length: 10 }, () => 0)
    )
    assert.strictEqual(failures.note("a"), 6)
    for (let count = 0; count < 100; count++) failures.note("a")
    assert.strictEqual(failures.note("a"), 60)
    assert.strictEqual(failures.note("b"), 0)
    now = 120_000
    assert.strictEqual(failures.note("a"), 0)
  })

  it("of many addresses take no more room than those of some", () => {
    const failures = new FailedLogins(() => 0)
    for (let count = 0; count < 11; count++) failures.note("a")
    for (let count = 0; count < 1024; count++) failures.note(`other ${count}`)
    assert.strictEqual(failures.note("a"), 0)
  })
})
