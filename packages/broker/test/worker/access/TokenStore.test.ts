import { assert, describe, it } from "@effect/vitest"
import type { Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import type { Grant } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { makeClock } from "../../../src/worker/access/Clock.ts"
import { mintToken, parseToken, secretMatches } from "../../../src/worker/access/tokens.ts"
import { type Ending, MAX_DERIVED, MAX_LINKS, TokenStore } from "../../../src/worker/access/TokenStore.ts"

const host = { env: { PATH: "/bin" }, cwd: "/", secrets: {} }
const grantOf = (subject: string): Grant => Result.getOrThrow(parsePolicy({ subject }, host))
const newStore = () => new TokenStore(makeClock())
const reasonOf = (store: TokenStore, token: string): string => {
  const checked = store.check(token)
  return Result.isFailure(checked) ? checked.failure.reason : "good"
}

describe("tokens", () => {
  it("are written in one form, and each is another", () => {
    const tokens = Array.from({ length: 1000 }, () => mintToken().token)
    for (const token of tokens) assert.match(token, /^sb_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/)
    assert.strictEqual(new Set(tokens).size, 1000)
    assert.strictEqual(new Set(tokens.map((token) => token.slice(20))).size, 1000)
  })

  it("are kept as a hash of the secret alone", () => {
    const { hash, id, token } = mintToken()
    const secret = token.slice(20)
    assert.notInclude(hash.toString("latin1"), secret)
    assert.isTrue(secretMatches(secret, hash))
    assert.isFalse(secretMatches(token, hash))
    assert.isFalse(secretMatches(`${id}${secret}`, hash))
  })

  it("without a stored hash match nothing", () => {
    for (const secret of ["", "A".repeat(43)]) assert.isFalse(secretMatches(secret, undefined))
  })

  it.prop("a text is read as a token only if it is written as one", [Schema.String], ([text]) => {
    assert.isUndefined(parseToken(text))
    assert.isUndefined(parseToken(`${mintToken().token}${text === "" ? " " : text}`))
    assert.isUndefined(parseToken(`${text === "" ? " " : text}${mintToken().token}`))
  })
})

describe("the store of tokens", () => {
  it("answers the grant of the token that was minted for it", () => {
    const store = newStore()
    const tokens = ["a", "b", "c"].map((subject) => store.mint(grantOf(subject)))
    const subjects = tokens.map((token) => Result.getOrThrow(store.check(token)).grant.subject)
    assert.deepStrictEqual(subjects, ["a", "b", "c"])
    assert.strictEqual(store.size, 3)
  })

  it("knows no token with a character changed, left out or added", () => {
    const store = newStore()
    const token = store.mint(grantOf("a"))
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "0" ? "1" : "0"
      assert.strictEqual(
        reasonOf(store, `${token.slice(0, at)}${other}${token.slice(at + 1)}`),
        "unknown",
        `changed at ${at}`
      )
      assert.strictEqual(reasonOf(store, `${token.slice(0, at)}${token.slice(at + 1)}`), "unknown", `without ${at}`)
      assert.strictEqual(reasonOf(store, `${token.slice(0, at)}A${token.slice(at)}`), "unknown", `longer at ${at}`)
    }
  })

  it("knows no token in another case", () => {
    const store = newStore()
    const token = store.mint(grantOf("a"))
    for (const other of [token.toUpperCase(), token.toLowerCase(), `SB${token.slice(2)}`]) {
      assert.strictEqual(reasonOf(store, other), "unknown")
    }
  })

  it("knows no secret under the identifier of another", () => {
    const store = newStore()
    const [one, two] = [store.mint(grantOf("a")), store.mint(grantOf("b"))]
    assert.strictEqual(reasonOf(store, `${one.slice(0, 20)}${two.slice(20)}`), "unknown")
    assert.strictEqual(reasonOf(store, `${two.slice(0, 20)}${one.slice(20)}`), "unknown")
  })

  it("tells a revoked token from an unknown one only to who knows its secret", () => {
    const store = newStore()
    const token = store.mint(grantOf("a"))
    assert.isTrue(Result.isSuccess(store.revoke(token)))
    assert.strictEqual(reasonOf(store, token), "revoked")
    assert.strictEqual(reasonOf(store, `${token.slice(0, 20)}${"A".repeat(43)}`), "unknown")
    assert.strictEqual(store.size, 0)
  })

  it("revokes nothing for who does not know the secret", () => {
    const store = newStore()
    const token = store.mint(grantOf("a"))
    for (const other of ["", token.slice(0, -1), `${token.slice(0, 20)}${"A".repeat(43)}`]) {
      assert.isTrue(Result.isFailure(store.revoke(other)))
    }
    assert.strictEqual(reasonOf(store, token), "good")
  })

  it("revokes one token and not its neighbours", () => {
    const store = newStore()
    const [one, two] = [store.mint(grantOf("same")), store.mint(grantOf("same"))]
    store.revoke(one)
    assert.deepStrictEqual([reasonOf(store, one), reasonOf(store, two)], ["revoked", "good"])
  })

  it("shows no secret when it, or what it answers, is printed", () => {
    const store = newStore()
    const token = store.mint(grantOf("a"))
    const secret = token.slice(20)
    for (const thing of [
      store,
      store.check(token),
      store.check(`${token}x`),
      store.revoke(token),
      store.check(token)
    ]) {
      assert.notInclude(JSON.stringify(thing), secret)
      assert.notInclude(inspect(thing, { depth: 10, showHidden: true }), secret)
    }
  })
})

/** A store on a clock that the test turns, with what it says of tokens that are over. */
const timed = () => {
  const over: Array<readonly [subject: string, ending: Ending]> = []
  const clock = { at: 0, now: () => clock.at }
  const store = new TokenStore(clock, ({ grant }, ending) => over.push([grant.subject, ending]))
  const good = (token: string) => Result.getOrThrow(store.check(token))
  const derive = (parent: string, policy: Partial<Policy> = {}) => {
    const capability = good(parent)
    const grant = Result.getOrThrow(parsePolicy({ subject: "d", ...policy }, host, capability.grant))
    return Result.getOrThrow(store.derive(capability, grant))
  }
  const mint = (policy: Partial<Policy> = {}) =>
    store.mint(Result.getOrThrow(parsePolicy({ subject: "m", ...policy }, host)))
  return { store, clock, over, derive, mint, good }
}

describe("a token that expires", () => {
  it("is good until then, and not a millisecond longer, on the broker's clock", () => {
    const { store, clock, mint } = timed()
    const token = mint({ expires: "1 hour" })
    clock.at = 3_599_999
    assert.strictEqual(reasonOf(store, token), "good")
    clock.at = 3_600_000
    assert.strictEqual(reasonOf(store, token), "expired")
    assert.strictEqual(reasonOf(store, `${token.slice(0, 20)}${"A".repeat(43)}`), "unknown")
    assert.strictEqual(store.size, 0)
  })

  it("may be good for longer than a timer can count", () => {
    const { store, clock, mint } = timed()
    const token = mint({ expires: "60 days" })
    clock.at = 59 * 24 * 3600 * 1000
    assert.strictEqual(reasonOf(store, token), "good")
    clock.at = 60 * 24 * 3600 * 1000
    assert.strictEqual(reasonOf(store, token), "expired")
  })

  it("takes with it what was derived from it, whatever that says, and says so once", () => {
    const { store, clock, derive, mint, over } = timed()
    const parent = mint({ expires: "1 minute" })
    const longer = derive(parent, { expires: "1 hour" })
    const shorter = derive(longer, { expires: "1 second" })
    clock.at = 1000
    assert.deepStrictEqual(
      [parent, longer, shorter].map((token) => reasonOf(store, token)),
      ["good", "good", "expired"]
    )
    clock.at = 60_000
    assert.deepStrictEqual(
      [parent, longer].map((token) => reasonOf(store, token)),
      ["expired", "expired"]
    )
    assert.deepStrictEqual(over, [
      ["m/d/d", "expired"],
      ["m", "expired"]
    ])
    store.close()
  })

  it("is told of by a timer, without being asked for", async () => {
    const said = Promise.withResolvers<Ending>()
    const store = new TokenStore(makeClock(), (_, ending) => said.resolve(ending))
    const alive = setInterval(() => {}, 1000)
    store.mint(Result.getOrThrow(parsePolicy({ subject: "m", expires: "30 millis" }, host)))
    assert.strictEqual(await said.promise, "expired")
    clearInterval(alive)
    assert.strictEqual(store.size, 0)
  })
})

describe("a derived token", () => {
  it("ends with any of those that it derives from, and none of its neighbours do", () => {
    const { store, derive, mint, over } = timed()
    const parent = mint()
    const [child, sibling] = [derive(parent), derive(parent)]
    const grandchild = derive(child)
    store.revoke(child)
    const tokens = [parent, child, sibling, grandchild]
    assert.deepStrictEqual(
      tokens.map((token) => reasonOf(store, token)),
      ["good", "revoked", "good", "revoked"]
    )
    assert.deepStrictEqual(over, [["m/d", "revoked"]])
    store.revoke(parent)
    assert.deepStrictEqual(
      tokens.map((token) => reasonOf(store, token)),
      Array.from(tokens, () => "revoked")
    )
    assert.strictEqual(store.size, 0)
  })

  it("cannot be derived from a token that is over", () => {
    const { store, good, mint } = timed()
    const token = mint()
    const capability = good(token)
    store.revoke(token)
    const derived = store.derive(capability, capability.grant)
    assert.strictEqual(Result.isFailure(derived) && derived.failure._tag, "InvalidToken")
  })

  it("may be one of so many, counted for each that they derive from, and room that is given back can be used again", () => {
    const { store, derive, good, mint } = timed()
    const [parent, other] = [mint(), mint()]
    const child = derive(parent)
    const all = Array.from({ length: MAX_DERIVED - 1 }, (_, index) => derive(index % 2 === 0 ? parent : child))
    for (const from of [parent, child]) {
      const refused = store.mayDerive(good(from))
      assert.deepInclude(Result.isFailure(refused) && refused.failure, { limit: "derivedTokens", maximum: MAX_DERIVED })
    }
    derive(other)
    store.revoke(all[0]!)
    const again = derive(child)
    store.revoke(child)
    assert.strictEqual(reasonOf(store, again), "revoked")
    // The child and all that came of it.
    for (let count = 0; count <= MAX_DERIVED / 2; count++) derive(parent)
    assert.isTrue(Result.isFailure(store.mayDerive(good(parent))))
  })

  it("may be the last of a chain that is so long", () => {
    const { store, derive, good, mint } = timed()
    let token = mint()
    for (let links = 1; links < MAX_LINKS; links++) token = derive(token)
    const refused = store.mayDerive(good(token))
    assert.deepInclude(Result.isFailure(refused) && refused.failure, { limit: "derivationDepth" })
  })

  it("can be ended by who holds one that it derives from, and nobody else's can", () => {
    const { store, derive, good, mint } = timed()
    const [mine, other] = [mint(), mint()]
    const [child, others] = [derive(mine), derive(other)]
    const grandchild = derive(child)
    for (const token of [mine, other, others, "sb_none"]) {
      assert.isTrue(Result.isFailure(store.revoke(token, good(mine))))
    }
    assert.isTrue(Result.isFailure(store.revoke(child, good(grandchild))))
    assert.isTrue(Result.isSuccess(store.revoke(grandchild, good(mine))))
    assert.isTrue(Result.isSuccess(store.revoke(child, good(mine))))
    assert.deepStrictEqual(
      [mine, other, others].map((token) => reasonOf(store, token)),
      ["good", "good", "good"]
    )
  })

  it("that is over makes room for others, and pushes out nothing that the host has minted", () => {
    const { store, derive, mint } = timed()
    const revoked = mint()
    store.revoke(revoked)
    const parent = mint()
    const first = derive(parent)
    store.revoke(first)
    for (let count = 0; count < 5000; count++) store.revoke(derive(parent))
    assert.strictEqual(reasonOf(store, revoked), "revoked")
    assert.strictEqual(reasonOf(store, first), "unknown")
    assert.strictEqual(store.size, 1)
  })
})
