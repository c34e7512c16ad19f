import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import type { Grant } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { makeClock } from "../../../src/worker/access/Clock.ts"
import { mintToken, parseToken, secretMatches } from "../../../src/worker/access/tokens.ts"
import { TokenStore } from "../../../src/worker/access/TokenStore.ts"

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
