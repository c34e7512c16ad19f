import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { findLeftovers } from "../src/leftovers.ts"
import { withNode } from "./run-demo.ts"

describe("the search for leftovers", () => {
  it("finds a process that runs, and not one that has ended", () =>
    withNode((client) =>
      Effect.gen(function* () {
        const process_ = yield* client.spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
          stdin: "ignore"
        })
        const groups = new Set([process_.pid])
        expect(findLeftovers(groups).some((entry) => entry.startsWith(`${process_.pid} `))).toBe(true)
        yield* process_.kill()
        yield* process_.exit
        expect(findLeftovers(groups).some((entry) => entry.startsWith(`${process_.pid} `))).toBe(false)
      }).pipe(Effect.scoped)
    ))
})
