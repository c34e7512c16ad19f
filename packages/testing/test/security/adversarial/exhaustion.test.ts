/** Requests that are larger than anybody needs. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { assert } from "@effect/vitest"
import { connectWith, type Refusal, refusals, type World } from "./refused.ts"

const twin: Refusal["twin"] = ({ client }) => client.run("true", ["a"], { cwd: "/" })

const spawn =
  (args: ReadonlyArray<string>, options: object = {}) =>
  ({ client }: World) =>
    client.run("true", args, { cwd: "/", ...options })

const wrong = (name: string, options: object, argument: string): Refusal => ({
  name,
  act: spawn([], options),
  code: "InvalidArgument",
  fields: { argument },
  twin
})

refusals("arguments and environments", [
  {
    name: "an argument of 200 KB",
    act: spawn(["x".repeat(200_000)]),
    code: "SpawnFailed",
    fields: { errno: "E2BIG" },
    twin
  },
  {
    name: "arguments of 3 MB",
    act: spawn(Array.from({ length: 30 }, () => "x".repeat(100_000))),
    code: "SpawnFailed",
    fields: { errno: "E2BIG" },
    twin
  },
  {
    name: "an argument of 5 MB",
    act: spawn(["x".repeat(5_000_000)]),
    code: "InvalidArgument",
    fields: { argument: "args[0]" },
    twin
  },
  {
    name: "66,000 arguments",
    act: spawn(Array.from({ length: 66_000 }, () => "x")),
    code: "InvalidArgument",
    fields: { argument: "args" },
    twin
  },
  {
    name: "90,000 arguments",
    act: spawn(Array.from({ length: 90_000 }, () => "x")),
    code: "InvalidArgument",
    fields: { argument: "args" },
    twin
  },
  {
    name: "a name of 5,000 letters",
    act: ({ client }) => client.run("x".repeat(5000), [], { cwd: "/" }),
    code: "InvalidArgument",
    fields: { argument: "command" },
    twin
  },
  wrong("a directory of 5,000 letters", { cwd: `/${"x".repeat(5000)}` }, "cwd"),
  wrong("a window without end", { windowBytes: 2 ** 40 }, "windowBytes"),
  wrong("a replay without end", { replayBytes: 2 ** 40 }, "replayBytes"),
  wrong("a time that is none", { timeout: Number.NaN }, "timeout"),
  {
    name: "5,000 variables",
    policy: { env: { set: ["V*"] } },
    act: spawn([], { env: Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`V${at}`, "x"])) }),
    code: "InvalidArgument",
    fields: { argument: "env" },
    twin
  }
])

/** The client's own view of a process; the last is one too many. */
const attach = ({ client }: World, count: number) =>
  Effect.gen(function* () {
    const process = yield* client.spawn("sleep", ["1000"], { cwd: "/" })
    for (let one = 0; one < count; one++) yield* client.attach(process.id)
  })

refusals("what a client may have at a time", [
  {
    name: "a hundred views of a process",
    act: (world) => attach(world, 100),
    code: "LimitExceeded",
    fields: { limit: "attachments" },
    twin: (world) => attach(world, 2)
  },
  {
    name: "40 descriptors for one process",
    act: spawn([], { additionalFds: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [at + 3, "output"])) }),
    code: "InvalidArgument",
    fields: { argument: "additionalFds" },
    twin: spawn(["a"])
  }
])

refusals("output without end", [
  {
    name: "nobody who reads it, of ten processes at a time",
    act: ({ broker, client }) =>
      Effect.gen(function* () {
        const before = process.memoryUsage.rss()
        const all = yield* Effect.forEach(Array.from({ length: 10 }), () => client.spawn("yes", [], { cwd: "/" }))
        // Each has filled its window once so much of it has come.
        yield* Effect.repeat(client.list(), {
          until: (list) => list.every(({ bytes }) => bytes.stdout > 256 * 1024),
          schedule: Schedule.spaced("5 millis")
        })
        assert.isBelow(process.memoryUsage.rss() - before, 400 * 1024 * 1024)
        yield* broker.stats
        yield* Effect.forEach(all, ({ id }) => client.kill({ id }, { signal: "SIGKILL" }))
        return yield* client.get("p-" as never)
      }),
    code: "InvalidArgument",
    twin: ({ broker, theirs }) => connectWith(broker, theirs)
  }
])
