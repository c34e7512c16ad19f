/** Who is connected, with which tokens, as the host of a broker sees it. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { collectEvents } from "../src/collect-events.ts"
import { eventually } from "../src/harness.ts"

const panel = { subject: "panel", commands: [{ command: "sleep", args: true as const }], disconnect: "keep" as const }

layer(Broker.layer(), { excludeTestServices: true, timeout: "60 seconds" })("the host", (suite) => {
  suite.effect("sees who is connected, since when, and how many processes of his live", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const before = Date.now()
      const token = yield* broker.mint(panel)
      assert.deepStrictEqual(yield* broker.clients, [])
      const port = yield* broker.openPort()
      assert.deepStrictEqual(yield* broker.clients, [], "a port is not yet a client")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* Client.connect(port, token)
          yield* client.spawn("sleep", ["1000"])
          const [connected, ...others] = yield* broker.clients
          const [good] = yield* broker.tokens
          assert.deepStrictEqual(others, [])
          assert.deepInclude(connected, { subject: "panel", via: "port", processes: 1, tokenId: good!.id })
          assert.isAtLeast(connected!.connectedAt, before)
          assert.deepInclude(good, { subject: "panel", sessions: 1, processes: 1 })
        })
      )
      yield* eventually("it has gone", broker.clients, ({ length }) => length === 0)
      yield* broker.revoke(token, { kill: true })
      assert.deepStrictEqual(yield* broker.tokens, [])
    })
  )

  suite.effect("sees the tokens that are good, what each was derived from, and until when; and none of them", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const before = Date.now()
      const token = yield* broker.mint({ ...panel, expires: "1 hour" })
      const client = yield* Client.connect(yield* broker.openPort(), token)
      const derived = yield* client.attenuate({ subject: "narrow" })
      const tokens = yield* broker.tokens
      assert.deepStrictEqual(
        tokens.map(({ subject, parent }) => [subject, parent]),
        [
          ["panel", undefined],
          ["panel/narrow", tokens[0]!.id]
        ]
      )
      for (const { mintedAt, expiresAt } of tokens) {
        assert.isAtLeast(mintedAt, before)
        assert.isAtMost(Math.abs(expiresAt! - mintedAt - 3_600_000), 60_000)
      }
      for (const secret of [token, derived]) assert.notInclude(JSON.stringify(tokens), secret.slice(-20))
      yield* broker.revoke(token)
    }).pipe(Effect.scoped)
  )

  suite.effect(
    "ends a token by its identifier, with its sessions and those of what was derived, and its processes if asked",
    () =>
      Effect.gen(function* () {
        const broker = yield* Broker
        const token = yield* broker.mint(panel)
        const client = yield* Client.connect(yield* broker.openPort(), token)
        const process = yield* client.spawn("sleep", ["1000"])
        const narrow = yield* Client.connect(yield* broker.openPort(), yield* client.attenuate(panel))
        const { id } = (yield* broker.tokens)[0]!
        yield* broker.revokeById(id, { kill: true })
        for (const ended of [client, narrow]) {
          assert.deepInclude(yield* Effect.flip(ended.list()), { _tag: "InvalidToken", reason: "revoked" })
        }
        assert.isFalse(alive(process.pid))
        assert.deepStrictEqual(yield* broker.tokens, [])
        assert.deepInclude(yield* Effect.flip(broker.revokeById(id)), { _tag: "InvalidToken", reason: "revoked" })
        const unknown = yield* Effect.flip(broker.revokeById("0".repeat(16)))
        assert.deepInclude(unknown, { _tag: "InvalidToken", reason: "unknown" })
        assert.strictEqual((yield* Effect.flip(broker.revokeById("no identifier")))._tag, "InvalidArgument")
      }).pipe(Effect.scoped)
  )

  suite.effect("notes what somebody has done by means of it", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const seen = yield* collectEvents(broker.events)
      yield* broker.note({ act: "log in", by: "ada", target: "127.0.0.1" })
      const noted = yield* eventually(
        "it is told",
        Effect.sync(() => seen.find(({ _tag }) => _tag === "HostNoted")),
        (event) => event !== undefined
      )
      assert.deepInclude(noted, { act: "log in", by: "ada", target: "127.0.0.1" })
      assert.strictEqual((yield* Effect.flip(broker.note({ act: "x".repeat(300) })))._tag, "InvalidArgument")
    }).pipe(Effect.scoped)
  )
})

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
