import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { defineTopic, InvalidArgument, LimitExceeded } from "../../src/index.ts"
import { MAX_TOPIC_MESSAGE_LENGTH } from "../../src/events/Topic.ts"

const Note = defineTopic("notes.all", Schema.Struct({ at: Schema.Date, bytes: Schema.Uint8Array }))
const Text = defineTopic("text", Schema.String)

const failure = <A, E>(result: Result.Result<A, E>): E =>
  Result.isFailure(result) ? result.failure : assert.fail("it has succeeded")

describe("a topic", () => {
  it("carries what JSON cannot: dates, bytes", () => {
    const note = { at: new Date(5), bytes: new Uint8Array([1, 2]) }
    const text = Result.getOrThrow(Note.encode(note))
    assert.typeOf(text, "string")
    assert.deepStrictEqual(Result.getOrThrow(Note.decode(text)), note)
  })

  it("names the place of what does not fit, and not the value, in both directions", () => {
    const encoded = failure(Note.encode({ at: new Date(5), bytes: "secret" }))
    assert.deepInclude(encoded, { _tag: "InvalidArgument", argument: "bytes" })
    const decoded = failure(Note.decode(`{"at":"1970-01-01T00:00:00.005Z","bytes":5}`))
    assert.deepInclude(decoded, { _tag: "InvalidArgument", argument: "bytes" })
    assert.notInclude(encoded.message, "secret")
  })

  it("takes no message of more than 256 KiB", () => {
    assert.isTrue(Result.isSuccess(Text.encode("a".repeat(MAX_TOPIC_MESSAGE_LENGTH - 2))))
    const error = failure(Text.encode("a".repeat(MAX_TOPIC_MESSAGE_LENGTH - 1)))
    assert.instanceOf(error, LimitExceeded)
  })

  it("is not broken by what is no JSON, or is nothing but brackets", () => {
    const Json = defineTopic("json", Schema.Json)
    for (const text of ["", "{", "undefined", "[".repeat(100_000)]) {
      assert.instanceOf(failure(Json.decode(text)), InvalidArgument)
    }
    const cyclic: Array<unknown> = []
    cyclic.push(cyclic)
    assert.instanceOf(failure(defineTopic("any", Schema.Any).encode(cyclic)), InvalidArgument)
  })

  it.each(["", "a b", "a.*", "*", "a\n", "x".repeat(201)])("cannot be called %j", (name) => {
    assert.throws(() => defineTopic(name, Schema.String))
  })
})
