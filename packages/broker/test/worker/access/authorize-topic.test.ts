import { assert, describe, it } from "@effect/vitest"
import type { Policy } from "@spawnbroker/protocol"
import * as Result from "effect/Result"
import { authorizeTopic } from "../../../src/worker/access/authorize-topic.ts"
import type { Grant } from "../../../src/worker/access/Grant.ts"
import { parsePolicy } from "../../../src/worker/access/parse-policy.ts"

const host = { env: {}, cwd: "/", secrets: {} }
const grantOf = (topics: Policy["topics"], parent?: Grant): Grant =>
  Result.getOrThrow(parsePolicy({ subject: "s", ...(topics && { topics }) }, host, parent))
const may = (grant: Grant, use: "publish" | "subscribe", topic: string): boolean =>
  Result.isSuccess(authorizeTopic(grant, use, topic))

describe("topics of the bus", () => {
  it("are none without a grant", () => {
    for (const topics of [undefined, {}, { publish: [], subscribe: [] }]) {
      for (const use of ["publish", "subscribe"] as const) assert.isFalse(may(grantOf(topics), use, "build.done"))
    }
  })

  it("are those that are named, whole, or begin as the pattern does; for one use and not the other", () => {
    const grant = grantOf({ publish: ["build.done"], subscribe: ["build.*"] })
    assert.isTrue(may(grant, "publish", "build.done"))
    assert.isTrue(may(grant, "subscribe", "build.done"))
    assert.isFalse(may(grant, "publish", "build.done.more"))
    assert.isFalse(may(grant, "publish", "build.failed"))
    assert.isFalse(may(grant, "subscribe", "builds"))
  })

  it("of a pattern are those of a pattern that is as wide", () => {
    const grant = grantOf({ subscribe: ["build.*"] })
    for (const pattern of ["build.*", "build.web.*"]) assert.isTrue(may(grant, "subscribe", pattern), pattern)
    for (const pattern of ["*", "b*", "build*"]) assert.isFalse(may(grant, "subscribe", pattern), pattern)
  })

  it("are those of every link of a chain, and the one that refuses is named", () => {
    const parent = grantOf({ subscribe: ["build.*"] })
    const child = grantOf({ subscribe: ["*"] }, parent)
    assert.isTrue(may(child, "subscribe", "build.done"))
    const refused = authorizeTopic(child, "subscribe", "deploy.done")
    assert.deepInclude(Result.isFailure(refused) && refused.failure, { subject: "s", rule: "topics.subscribe" })
  })
})
