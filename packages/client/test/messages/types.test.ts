/**
 * What the types say of messages, by the option `ipc`. Compiling this file is the test: a line under `@ts-expect-error` that
 * compiles is an error.
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import type { ClientHandle, ProcessError, ProcessMessages, SpawnOptions } from "../../src/index.ts"
import type { PromiseClient } from "../../src/promise/index.ts"

type ProcessIn<T> = T extends Effect.Effect<infer A, ProcessError, Scope.Scope> ? A : never

/** Stand for values of these types. What uses them is compiled, and never run. */
declare const spawn: ClientHandle["spawn"]
declare const client: PromiseClient
declare const options: SpawnOptions
declare const perhaps: true | undefined

const compiles = (body: () => unknown): unknown => body

const incoming = Schema.Struct({ percent: Schema.FiniteFromString })
const outgoing = Schema.Union([Schema.Literal("pause"), Schema.Struct({ limit: Schema.Int })])

type Members = "messages" | "send" | "disconnect"
type MembersOf<Handle> = Extract<keyof Handle, Members>

describe("a handle", () => {
  it("has no messages without the option", () => {
    compiles(() => {
      const plain = spawn("node")
      expectTypeOf<MembersOf<ProcessIn<typeof plain>>>().toEqualTypeOf<never>()
      const other = spawn("node", [], { stdin: "ignore" })
      expectTypeOf<MembersOf<ProcessIn<typeof other>>>().toEqualTypeOf<never>()
      const absent = spawn("node", [], { ipc: undefined })
      expectTypeOf<MembersOf<ProcessIn<typeof absent>>>().toEqualTypeOf<never>()
    })
  })

  it("has messages of the schemas, as they are decoded", () => {
    compiles(() => {
      const typed = spawn("node", [], { ipc: { incoming, outgoing } })
      type Handle = ProcessIn<typeof typed>
      expectTypeOf<Handle["messages"]>().toEqualTypeOf<Stream.Stream<{ readonly percent: number }, ProcessError>>()
      expectTypeOf<Parameters<Handle["send"]>>().toEqualTypeOf<[message: "pause" | { readonly limit: number }]>()
      expectTypeOf<ReturnType<Handle["send"]>>().toEqualTypeOf<Effect.Effect<void, ProcessError>>()
      expectTypeOf<Handle["disconnect"]>().toEqualTypeOf<Effect.Effect<void, ProcessError>>()
    })
  })

  it("has messages of any JSON where nothing more is said", () => {
    compiles(() => {
      const json = spawn("node", [], { ipc: true })
      expectTypeOf<ProcessIn<typeof json>>().toExtend<ProcessMessages<Schema.Json, Schema.Json>>()
      const half = spawn("node", [], { ipc: { outgoing } })
      expectTypeOf<ProcessIn<typeof half>["messages"]>().toEqualTypeOf<Stream.Stream<Schema.Json, ProcessError>>()
    })
  })

  it("has them where only the run knows, and not where nothing is said of them", () => {
    compiles(() => {
      const chosen = spawn("node", [], { ipc: perhaps })
      expectTypeOf<MembersOf<ProcessIn<typeof chosen>>>().toEqualTypeOf<Members>()
      const wide = spawn("node", [], options)
      expectTypeOf<MembersOf<ProcessIn<typeof wide>>>().toEqualTypeOf<never>()
    })
  })

  it("comes only of schemas", () => {
    compiles(() => {
      // @ts-expect-error that is no schema
      void spawn("node", [], { ipc: { incoming: "string" } })
      // @ts-expect-error `true`, or nothing
      void spawn("node", [], { ipc: false })
    })
  })
})

describe("a process with promises", () => {
  it("has them in the same way", () => {
    compiles(async () => {
      const plain = await client.spawn("node")
      // @ts-expect-error there is no channel
      void plain.send(1)
      const typed = await client.spawn("node", { ipc: { incoming, outgoing } })
      expectTypeOf(typed.messages).toEqualTypeOf<AsyncIterable<{ readonly percent: number }, void, undefined>>()
      await typed.send({ limit: 1 })
      // @ts-expect-error it is no message of these
      await typed.send({ limit: "1" })
    })
  })
})
