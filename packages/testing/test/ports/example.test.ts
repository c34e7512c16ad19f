import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { node, testPolicy } from "../../src/harness.ts"

const main = fileURLToPath(new URL("../../../../examples/electron-style/main.ts", import.meta.url))

const linesOf = (stdout: string, who: string): ReadonlyArray<string> =>
  stdout.split("\n").filter((line) => line.startsWith(`${who}: `))

it.live("the example runs: two windows, two tokens, a crash and a reload, and nothing left", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start()
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(testPolicy))
    const { exit, stdout, stderr } = yield* client.run(node, [main])
    assert.strictEqual(stderr, "")
    assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 })
    const page = (subject: string, lines: ReadonlyArray<string>) => [`connected as "${subject}"`, ...lines]
    const denied = (subject: string, command: string) =>
      `denied: Not allowed for "${subject}": the command ${command}. Decided by the rule \`commands\` of its policy. ` +
      "Add it to the policy's `commands`."
    const words = page("words", ['wc says "3"', denied("words", "sort")])
    assert.deepStrictEqual(
      linesOf(stdout, "words"),
      [...words, ...words].map((line) => `words: ${line}`)
    )
    assert.deepStrictEqual(
      linesOf(stdout, "sorter"),
      page("sorter", [denied("sorter", "wc"), String.raw`sort says "two\nthree\none"`]).map((line) => `sorter: ${line}`)
    )
    assert.deepStrictEqual(linesOf(stdout, "main"), [
      "main: 2 processes run, for 2 windows",
      'main: the window "sorter" has crashed; 1 processes run, for 1 windows',
      'main: the window "words" was reloaded; 1 processes run, for 1 windows',
      'main: the window "words" was closed; 0 processes run, for 0 windows',
      "main: done"
    ])
  }).pipe(Effect.scoped)
)
