/** Commands written as one would type them: what is an argument, and that there is no shell. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { fileURLToPath } from "node:url"

const printArguments = fileURLToPath(new URL("../src/fixtures/print-arguments.js", import.meta.url))
const node = process.execPath

/** What the fixture prints: its arguments in hexadecimal. */
const argumentsIn = (stdout: string): ReadonlyArray<string> =>
  (JSON.parse(stdout) as ReadonlyArray<string>).map((hex) => Buffer.from(hex, "hex").toString())

const connected = Layer.effect(
  Client,
  Effect.gen(function* () {
    const broker = yield* Broker
    const commands = [{ command: node, args: true as const }, { command: "cat" }]
    const token = yield* broker.mint({ subject: "template", commands })
    return yield* Client.connect(yield* broker.openPort(), token)
  })
).pipe(Layer.provide(Broker.layer()))

layer(connected, { excludeTestServices: true })("a template", (it) => {
  const hostile = [
    "",
    " ",
    "a b",
    "'",
    '"',
    "$HOME",
    "$(id)",
    "`id`",
    "; id",
    "| id",
    "> /tmp/x",
    "*",
    "~",
    "\n",
    "-e",
    "ü"
  ]

  it.effect.each(hostile)("passes %j as one argument, as it is", (value) =>
    Effect.gen(function* () {
      const client = yield* Client
      const { stdout } = yield* client.$`${node} ${printArguments} before ${value} after`
      assert.deepStrictEqual(argumentsIn(stdout), ["before", value, "after"])
    })
  )

  it.effect("takes no value that is absent for a word", () =>
    Effect.gen(function* () {
      const client = yield* Client
      for (const value of [undefined, null, ["a", undefined]]) {
        const error = yield* Effect.flip(client.$`${node} ${value as never}`)
        assert.deepInclude(error, { _tag: "InvalidArgument", argument: "template" })
      }
    })
  )

  it.effect("makes an argument of each element of an array, and none of an empty one", () =>
    Effect.gen(function* () {
      const client = yield* Client
      const { stdout } = yield* client.$`${node} ${printArguments} ${["a b", 1, true]} ${[]} 'c d'`
      assert.deepStrictEqual(argumentsIn(stdout), ["a b", "1", "true", "c d"])
    })
  )

  it.effect("takes options first", () =>
    Effect.gen(function* () {
      const client = yield* Client
      assert.strictEqual((yield* client.$({ stdin: "fed" })`cat`).stdout, "fed")
    })
  )

  it.effect("with shell syntax is refused before anything runs", () =>
    Effect.gen(function* () {
      const client = yield* Client
      const refused = yield* Effect.all(
        [client.$`cat | cat`, client.$`cat > file`, client.$`cat $HOME`, client.$`cat *`, client.$`cat; cat`].map(
          Effect.flip
        )
      )
      for (const error of refused) assert.deepInclude(error, { _tag: "InvalidArgument", argument: "template" })
    })
  )

  it.effect("does not take a secret for an argument", () =>
    Effect.gen(function* () {
      const client = yield* Client
      const refused = yield* Effect.flip(client.$`cat ${Redacted.make("hunter2") as never}`)
      assert.strictEqual(refused._tag, "InvalidArgument")
      assert.notInclude(refused.message, "hunter2")
    })
  )
})
