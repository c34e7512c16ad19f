import { assert, describe, it } from "@effect/vitest"
import { LimitExceeded, type Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { type Grant, linksOf } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"
import { type Place, Quotas } from "../../../src/worker/limits/Quotas.ts"

const host = { env: {}, cwd: "/", secrets: {} }

const grantOf = (limits: NonNullable<Policy["limits"]>, parent?: Grant): Grant =>
  Result.getOrThrow(parsePolicy({ subject: "test", limits }, host, parent))

const taken = (place: Place | LimitExceeded): Place =>
  place instanceof LimitExceeded ? assert.fail(place.message) : place

const refused = (place: Place | LimitExceeded): string =>
  place instanceof LimitExceeded ? `${place.limit} ${place.maximum}` : assert.fail("it was given a place")

describe("the quota of a chain", () => {
  it("is that of every link: those derived from one share what it has", () => {
    const quotas = new Quotas()
    const parent = grantOf({ concurrent: 3 })
    const [one, other] = [grantOf({ concurrent: 2 }, parent), grantOf({}, parent)]
    taken(quotas.take(linksOf(one)))
    taken(quotas.take(linksOf(one)))
    assert.strictEqual(refused(quotas.take(linksOf(one))), "concurrent 2")
    taken(quotas.take(linksOf(other)))
    assert.strictEqual(refused(quotas.take(linksOf(other))), "concurrent 3")
    assert.strictEqual(refused(quotas.take(linksOf(parent))), "concurrent 3")
  })

  it("counts nothing where one link refuses", () => {
    const quotas = new Quotas()
    const parent = grantOf({ concurrent: 1, startsPerMinute: 2 })
    const child = grantOf({ startsPerMinute: 5 }, parent)
    const place = taken(quotas.take(linksOf(child)))
    for (let i = 0; i < 10; i++) assert.strictEqual(refused(quotas.take(linksOf(child))), "concurrent 1")
    place.giveBack()
    taken(quotas.take(linksOf(child))).giveBack()
    assert.strictEqual(refused(quotas.take(linksOf(child))), "startsPerMinute 2")
  })

  it("gets a place back once, however often it is given back", () => {
    const quotas = new Quotas()
    const grant = grantOf({ concurrent: 2 })
    const place = taken(quotas.take([grant]))
    taken(quotas.take([grant]))
    for (let i = 0; i < 3; i++) place.giveBack()
    taken(quotas.take([grant]))
    assert.strictEqual(refused(quotas.take([grant])), "concurrent 2")
  })

  it("of nothing lets nothing run", () => {
    assert.strictEqual(refused(new Quotas().take([grantOf({ concurrent: 0 })])), "concurrent 0")
    assert.strictEqual(refused(new Quotas().take([grantOf({ startsPerMinute: 0 })])), "startsPerMinute 0")
  })
})
