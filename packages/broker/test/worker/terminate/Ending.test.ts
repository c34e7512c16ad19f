import { assert, describe, it } from "@effect/vitest"
import { MAX_TIMER_MS } from "@spawnbroker/protocol"
import { type Endable, Ending, type EndRequest } from "../../../src/worker/terminate/Ending.ts"

const withoutEnd: EndRequest = {
  by: "client",
  steps: [{ _tag: "Signal", signal: "SIGTERM", forMs: MAX_TIMER_MS }],
  withinMs: Infinity,
  tree: false
}

/** A group whose leader has exited, with one member that takes notice of SIGKILL alone. `look` is told of each look at it. */
const groupOfOne = (look: (count: number) => void) => {
  const sent: Array<string> = []
  let looks = 0
  const endable: Endable = {
    exited: Promise.resolve(),
    target: () => ({
      signal: (signal) => Promise.resolve(sent.push(signal) > 0),
      lives: () => {
        look(++looks)
        return Promise.resolve(!sent.includes("SIGKILL"))
      }
    }),
    closeStdin: () => Promise.resolve(false),
    killed: () => {}
  }
  return { sent, endable }
}

describe("an ending without end", () => {
  it("leaves alone who outlives the leader", async () => {
    const { endable, sent } = groupOfOne(() => {})
    await new Ending(Promise.resolve(endable), withoutEnd).done
    assert.deepStrictEqual(sent, ["SIGTERM"])
  })

  it("leaves nobody alone once somebody has asked for an end", async () => {
    const { endable, sent } = groupOfOne((count) => {
      if (count === 3) ending.join({ by: "revoked", steps: [], withinMs: 0, tree: false })
    })
    const ending = new Ending(Promise.resolve(endable), withoutEnd)
    await ending.done
    assert.deepStrictEqual(sent, ["SIGTERM", "SIGKILL"])
  })
})
