import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { assertFails, assertSucceeds, bystanderIsServed, connectRaw, openRaw, specOf } from "./raw-client.ts"

layer(Broker.layer(), { excludeTestServices: true })("the host's own streams", (it) => {
  it.effect("are nobody's without a token, and no client's without a grant", () =>
    Effect.gen(function* () {
      const stranger = yield* openRaw
      const { client } = yield* connectRaw()
      for (const fd of [0, 1, 2]) {
        const payload = { channel: 0, fd }
        assertFails(yield* Effect.promise(() => stranger.call("openHostStream", payload)), "InvalidToken")
        const reply = yield* Effect.promise(() => client.call("openHostStream", payload))
        assertFails(reply, "PermissionDenied", { rule: "stdio.inherit" })
      }
      // The channel is still free.
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("true", [], { cwd: "/" }))))
    })
  )

  it.effect.each([3, -1, 0.5, "0", null, undefined])("are three: %s is none", (fd) =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ stdio: { inherit: true } })
      assertFails(yield* Effect.promise(() => client.call("openHostStream", { channel: 0, fd })), "InvalidArgument")
      yield* bystanderIsServed
    })
  )

  it.effect("share their channel with nothing, and frames of other descriptors do nothing", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ stdio: { inherit: true } })
      const open = (channel: number) => Effect.promise(() => client.call("openHostStream", { channel, fd: 2 }))
      assertSucceeds(yield* open(0))
      assertFails(yield* open(0), "InvalidArgument", { argument: "channel" })
      const spawned = yield* Effect.promise(() => client.spawn(0, specOf("true", [], { cwd: "/" })))
      assertFails(spawned, "InvalidArgument", { argument: "channel" })
      assertSucceeds(yield* Effect.promise(() => client.spawn(1, specOf("cat", [], { cwd: "/" }))))
      assertFails(yield* open(1), "InvalidArgument", { argument: "channel" })

      const bytes = (): Uint8Array => new TextEncoder().encode("nowhere")
      client.data.postMessage([
        { _tag: "Input", channel: 0, fd: 0, bytes: bytes() },
        { _tag: "Input", channel: 0, fd: 3, bytes: bytes() },
        { _tag: "Credit", channel: 0, fd: 2, bytes: 1_000_000 },
        { _tag: "Drain", channel: 0, fd: 0 },
        { _tag: "InputEnd", channel: 0, fd: 2 }
      ])
      const end = yield* Effect.promise(() => client.frame(({ _tag, channel }) => _tag === "End" && channel === 0))
      assert.strictEqual(end.fd, 2)
      assert.isFalse(assertSucceeds(yield* Effect.promise(() => client.call("release", { channel: 0 }))))
      assertSucceeds(yield* open(0))
      yield* bystanderIsServed
    })
  )
})
