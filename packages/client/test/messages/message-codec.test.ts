import { assert, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { internalCommand, messageCodec, parseLine } from "../../src/messages/message-codec.ts"

interface Tree extends ReadonlyArray<Tree> {}
const Tree = Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))

const lineOf = (text: string) => new TextEncoder().encode(text)

it("a message that is nested without end is a message or an error, and never an exception", () => {
  const depth = 200_000
  const deep = Result.getOrThrow(parseLine(lineOf(`${"[".repeat(depth)}${"]".repeat(depth)}\n`)))
  for (const incoming of [Tree, Schema.Json, Schema.Unknown]) {
    const decoded = messageCodec({ incoming }).decode(deep)
    if (Result.isFailure(decoded)) assert.deepInclude(decoded.failure, { _tag: "InvalidArgument", argument: "message" })
    const encoded = messageCodec({ outgoing: incoming }).encode(deep)
    if (Result.isFailure(encoded)) assert.deepInclude(encoded.failure, { _tag: "InvalidArgument", argument: "message" })
  }
})

it("a line becomes a value and a value a line, without the words of the one that does not fit", () => {
  const { encode, decode } = messageCodec({ incoming: Schema.Array(Schema.Int), outgoing: Schema.Date })
  assert.deepStrictEqual(Result.flatMap(parseLine(lineOf("[1, 2]\n")), decode), Result.succeed([1, 2]))
  const refused = Result.getOrThrow(Result.flip(decode([1, "secret"])))
  assert.strictEqual(refused.argument, "message[1]")
  assert.notInclude(refused.message, "secret")
  assert.deepStrictEqual(encode(new Date(0)), Result.succeed(lineOf('"1970-01-01T00:00:00.000Z"\n')))
})

it.each([{ cmd: "NODE_HANDLE" }, { cmd: "NODE_X" }])("%s is Node's own", (value) => {
  assert.strictEqual(internalCommand(value), value.cmd)
})

it.each([{ cmd: "NODE_" }, { cmd: "node_x" }, { cmd: 1 }, { command: "NODE_X" }, "NODE_X", null, []])(
  "%s is not Node's own",
  (value) => assert.isUndefined(internalCommand(value))
)
