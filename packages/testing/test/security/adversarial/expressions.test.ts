/** Expressions that are small as they are written and large as programs, by who mints and by who derives. */
import type { Policy } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { connectWith, type Refusal, refusals } from "./refused.ts"

const policyOf = (match: string): Policy => ({
  subject: "bomb",
  commands: [{ command: "echo", args: [["a", { match }]] }],
  cwd: ["/"]
})

const bombs: ReadonlyArray<readonly [name: string, source: string]> = [
  ["a repetition of a long word", `(?:${"ab".repeat(490)}){1000}`],
  ["a repetition of a repetition", "(a{1000}){1000}"],
  ["a repetition of a repetition of a repetition", "((a{99}){99}){99}"],
  ["many repetitions in a row", ".{0,999}".repeat(120)],
  ["a repetition of letters", `(?:${"\\pL".repeat(300)}){99}`],
  ["a repetition hidden behind a class", `[]{1}](?:${"ab".repeat(400)}){1000}`],
  ["a look-ahead", "(?=a+)+b"],
  ["a back-reference", "(a+)\\1+"],
  ["an end of our group", "a)|(.*"]
]

const place = { argument: "commands[0].args[0][1]" }
const twin: Refusal["twin"] = ({ broker }) => broker.mint(policyOf("[a-z]{1,20}"))

refusals(
  "expressions of the host",
  bombs.map(([name, source]) => ({
    name,
    act: ({ broker }) => broker.mint(policyOf(source)),
    code: "InvalidArgument",
    fields: place,
    twin
  }))
)

refusals(
  "expressions of a client",
  bombs.map(([name, source]) => ({
    name,
    act: ({ client }) => client.attenuate(policyOf(source)),
    code: "InvalidArgument",
    fields: place,
    twin
  }))
)

/** Each would keep an engine that goes back, or one that goes through all arguments, from answering. */
const floods: ReadonlyArray<readonly [name: string, match: string, args: ReadonlyArray<string>]> = [
  ["one argument for (a+)+$", "(a+)+$", [`${"a".repeat(4000)}!`]],
  ["one argument for (a|aa)+", "(a|aa)+", [`${"a".repeat(4000)}!`]],
  ["one argument for (.*a){100}b", "(.*a){100}b", ["a".repeat(4000)]],
  ["one argument that is longer than any is matched", "a+", ["a".repeat(100_000)]],
  [
    "a thousand long arguments for (.*a){100}b",
    "(.*a){100}b",
    Array.from({ length: 1000 }, () => `${"a".repeat(4000)}b`)
  ],
  ["sixty thousand arguments", "[ab]{1,500}.*", Array.from({ length: 60_000 }, () => "a".repeat(60))]
]

refusals(
  "arguments for an expression",
  floods.map(([name, match, args]) => ({
    name,
    act: ({ broker }) =>
      Effect.gen(function* () {
        const commands = [{ command: "echo", args: [[{ rest: { match } }]] }]
        const token = yield* broker.mint({ subject: "flood", commands, cwd: ["/"] })
        const client = yield* connectWith(broker, token)
        yield* client.run("echo", args, { cwd: "/" })
      }),
    code: "PermissionDenied",
    fields: { rule: "commands[0].args" },
    twin: ({ client }) => client.run("true", ["a"], { cwd: "/" })
  }))
)
