/** Who hears what on the bus, and what a client that keeps no rule gets out of it. */
import { assert, layer } from "@effect/vitest"
import { Broker, type BusEvent } from "@spawnbroker/broker"
import { Client, type ClientHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { eventually } from "../../src/harness.ts"
import { assertFails, assertSucceeds, attackerPolicy, bystanderIsServed, connectRaw, openRaw } from "./raw-client.ts"

/** A generator of numbers that are the same in each run. See "mulberry32". */
const numbersFrom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

interface Member {
  readonly subject: string
  readonly client: ClientHandle
  readonly parent: string | undefined
  readonly observesAll: boolean
  readonly seen: Array<BusEvent>
}

/** Whether one subject is another, or was derived from it. */
const isBelow = (subject: string, above: string): boolean => subject === above || subject.startsWith(`${above}/`)

layer(Broker.layer(), { excludeTestServices: true })("who hears of what", (it) => {
  it.effect.each([1, 2, 3, 4])(
    "is whoever did it, those it was derived from, and who observes all: whatever they do (seed %i)",
    (seed) =>
      Effect.gen(function* () {
        const broker = yield* Broker
        const random = numbersFrom(seed)
        const pick = <A>(all: ReadonlyArray<A>): A => all[Math.floor(random() * all.length)]!
        const members: Array<Member> = []
        const join = (token: string, parent: string | undefined, observesAll: boolean) =>
          Effect.gen(function* () {
            const client = yield* Client.connect(yield* broker.openPort(), token)
            const seen: Array<BusEvent> = []
            yield* Effect.forkScoped(
              Stream.runForEach(client.events(), (event) => Effect.sync(() => seen.push(event))),
              { startImmediately: true }
            )
            yield* client.list()
            members.push({ subject: client.subject, client, parent, observesAll, seen })
          })
        const hosts: Array<BusEvent> = []
        yield* Effect.forkScoped(
          Stream.runForEach(broker.events, (event) => Effect.sync(() => hosts.push(event))),
          { startImmediately: true }
        )
        for (const subject of ["one", "two", "three"]) {
          const observe = subject === "three" ? "all" : "own"
          yield* join(
            yield* broker.mint({ ...attackerPolicy, subject: `${subject}-${seed}`, observe }),
            undefined,
            observe === "all"
          )
        }
        const doings: ReadonlyArray<(member: Member) => Effect.Effect<unknown, unknown, any>> = [
          ({ client }) => client.run("true", [], { cwd: "/" }),
          ({ client }) => client.run("rm"),
          ({ client }) => client.kill({ pid: 1 as never }),
          ({ client }) => client.start(["true"], { cwd: "/" }),
          ({ client }) => client.runPipeline([{ command: "cat" }, { command: "true" }], { cwd: "/" } as never),
          ({ client, subject }) =>
            members.length > 8
              ? Effect.void
              : Effect.flatMap(
                  client.attenuate({ ...attackerPolicy, subject: `part${members.length}`, observe: "all" }),
                  // What it may observe is narrowed to what its parent may.
                  (token) => join(token, subject, members.find((each) => each.subject === subject)!.observesAll)
                )
        ]
        for (let step = 0; step < 60; step++) yield* Effect.ignore(pick(doings)(pick(members)))
        // All of it has come once the last is there.
        for (const { client, seen, subject } of members) {
          const target = `PID ${members.findIndex((each) => each.subject === subject) + 100_000}`
          yield* Effect.ignore(client.kill({ pid: Number(target.slice(4)) as never }))
          const has = Effect.sync(() =>
            seen.some((event) => event._tag === "PermissionDenied" && event.target === target)
          )
          yield* eventually("it hears of itself", has, (found) => found)
        }
        for (const { subject, observesAll, seen } of members) {
          const subjects = seen.map((event) => ("subject" in event ? event.subject : ""))
          if (observesAll) continue
          assert.isTrue(
            subjects.every((each) => isBelow(each, subject)),
            `${subject} has heard of ${subjects.join()}`
          )
          assert.deepStrictEqual(
            seen.map(({ seq }) => seq),
            seen.map((_, index) => seen[0]!.seq + index)
          )
          const bare = (events: ReadonlyArray<BusEvent>) => events.map((event) => JSON.stringify({ ...event, seq: 0 }))
          // What the host has heard of it since it listens, and nothing else.
          const first = hosts.findIndex((event) => bare([event])[0] === bare(seen)[0])
          const expected = hosts
            .slice(first)
            .filter((event) => "subject" in event && isBelow(event.subject as string, subject))
          assert.deepStrictEqual(bare(seen), bare(expected).slice(0, seen.length))
        }
      }).pipe(Effect.scoped)
  )

  it.effect("is not told by the numbers of what one may hear of", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const connectAs = (subject: string) =>
        Effect.gen(function* () {
          return yield* Client.connect(yield* broker.openPort(), yield* broker.mint({ ...attackerPolicy, subject }))
        })
      const [quiet, busy] = [yield* connectAs("quiet"), yield* connectAs("busy")]
      const seen = yield* Effect.forkChild(Stream.runCollect(Stream.take(quiet.events(), 6)), {
        startImmediately: true
      })
      yield* quiet.run("true", [], { cwd: "/" })
      for (let run = 0; run < 5; run++) yield* busy.run("true", [], { cwd: "/" })
      yield* quiet.run("true", [], { cwd: "/" })
      assert.deepStrictEqual(
        (yield* Fiber.join(seen)).map(({ seq }) => seq),
        [1, 2, 3, 4, 5, 6]
      )
    }).pipe(Effect.scoped)
  )
})

layer(Broker.layer(), { excludeTestServices: true })("a client that keeps no rule", (it) => {
  it.effect("has no subscription before it is connected, and none that is not its own", () =>
    Effect.gen(function* () {
      const stranger = yield* openRaw
      for (const [operation, payload] of [
        ["observe", { subscription: 0, filter: {} }],
        ["nextEvents", { subscription: 0 }],
        ["publish", { topic: "a", message: "1" }]
      ] as const) {
        assertFails(yield* Effect.promise(() => stranger.call(operation, payload)), "InvalidToken")
      }
      const { client: one } = yield* connectRaw()
      const { client: two } = yield* connectRaw()
      assertSucceeds(yield* Effect.promise(() => one.call("observe", { subscription: 7, filter: {} })))
      assertFails(yield* Effect.promise(() => two.call("nextEvents", { subscription: 7 })), "InvalidArgument")
      assertFails(yield* Effect.promise(() => one.call("nextMessages", { subscription: 7 })), "InvalidArgument")
      assertFails(yield* Effect.promise(() => one.call("observe", { subscription: 7, filter: {} })), "InvalidArgument")
      assertSucceeds(yield* Effect.promise(() => two.call("unsubscribe", { subscription: 7 })))
      const waiting = one.call("nextEvents", { subscription: 7 })
      assertFails(yield* Effect.promise(() => one.call("spawn", { channel: 0, spec: {} })), "InvalidArgument")
      assertSucceeds(yield* Effect.promise(() => one.call("unsubscribe", { subscription: 7 })))
      assertFails(yield* Effect.promise(() => waiting), "InvalidArgument")
      yield* bystanderIsServed
    })
  )

  it.effect("has 32 subscriptions at most, and can have others once it has ended some", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const observe = (subscription: number) =>
        Effect.promise(() => client.call("observe", { subscription, filter: {} }))
      for (let subscription = 0; subscription < 32; subscription++) assertSucceeds(yield* observe(subscription))
      assertFails(yield* observe(32), "LimitExceeded")
      yield* Effect.promise(() => client.call("unsubscribe", { subscription: 5 }))
      assertSucceeds(yield* observe(32))
    })
  )

  it.effect("sends no message that is too long, and gets to no topic by a name that is none", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ topics: { publish: ["*"], subscribe: ["*"] } })
      const publish = (topic: unknown, message: unknown) =>
        Effect.promise(() => client.call("publish", { topic, message }))
      assert.strictEqual(assertSucceeds(yield* publish("a", "no JSON")), 0)
      assertFails(yield* publish("a", "x".repeat(256 * 1024 + 1)), "InvalidArgument")
      for (const topic of ["", "*", "a*", "a b", 5, null, ["a"], "x".repeat(201)]) {
        assertFails(yield* publish(topic, "1"), "InvalidArgument")
        const reply = yield* Effect.promise(() => client.call("subscribe", { subscription: 0, topic }))
        assertFails(reply, "InvalidArgument")
      }
      for (const message of [1, null, { a: 1 }, new Uint8Array(5)])
        assertFails(yield* publish("a", message), "InvalidArgument")
    })
  )

  it.effect("who asks a thousand times at once is answered a thousand times, and holds up nobody", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      assertSucceeds(yield* Effect.promise(() => client.call("observe", { subscription: 0, filter: {} })))
      const asked = Array.from({ length: 1000 }, () => client.call("nextEvents", { subscription: 0 }))
      yield* bystanderIsServed
      assertFails(yield* Effect.promise(() => client.call("kill", { target: { pid: 1 } })), "ProcessNotFound")
      const replies = yield* Effect.promise(() => Promise.all(asked))
      const events = replies.flatMap((reply) => assertSucceeds(reply))
      assert.deepStrictEqual(
        events.map(({ _tag }: BusEvent) => _tag),
        ["PermissionDenied"]
      )
    })
  )
})
