/** A line of shell where none is granted, and texts that only a shell would take apart. */
import { assert, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { temporaryDirectory } from "../../../src/harness.ts"
import { type Attack, attacks, connectAt, type Place, Place as At } from "./attack.ts"

const lines: ReadonlyArray<readonly [name: string, line: (place: Place) => string]> = [
  ["a semicolon", (p) => `served; touch ${p.canary}`],
  ["an ampersand", (p) => `served & touch ${p.canary}`],
  ["two ampersands", (p) => `served && touch ${p.canary}`],
  ["two bars", (p) => `served || touch ${p.canary}`],
  ["a bar", (p) => `served | tee ${p.canary}`],
  ["a redirection", (p) => `served > ${p.canary}`],
  ["a redirection that appends", (p) => `served >> ${p.canary}`],
  ["a substitution", (p) => `$(touch ${p.canary})`],
  ["an old substitution", (p) => `\`touch ${p.canary}\``],
  ["a substitution of a process", (p) => `<(touch ${p.canary})`],
  ["a line end", (p) => `served\ntouch ${p.canary}`],
  ["a carriage return", (p) => `served\rtouch ${p.canary}`],
  ["the end of a quotation", (p) => `served'; touch ${p.canary}; '`],
  ["the end of a double quotation", (p) => `served"; touch ${p.canary}; "`],
  ["a separator that is no space", (p) => `served;\${IFS}touch\${IFS}${p.canary}`],
  ["fifty commands", (p) => `${"true;".repeat(50)}touch ${p.canary}`]
]

const policy: Attack["policy"] = () => ({ commands: [{ command: "echo", args: true }, { command: "sh" }] })

attacks(
  "a line of shell",
  lines.map(([name, line]) => ({
    name,
    policy,
    act: (place) => ({ command: "sh", args: ["-c", `echo ${line(place)}`] }),
    code: "PermissionDenied",
    rule: "commands[1].args",
    twin: () => ({ command: "echo", args: ["served"] }),
    prints: "served"
  }))
)

attacks("the option shell", [
  {
    name: "asked for without the right",
    policy,
    act: (place) => ({ command: `echo served; touch ${place.canary}`, options: { shell: true } }),
    code: "PermissionDenied",
    rule: "shell",
    twin: () => ({ command: "echo", args: ["served"] }),
    real: () => ({ shell: true })
  }
])

layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true })("an argument", (it) => {
  for (const [name, line] of [
    ...lines,
    ["a star", () => "*"],
    ["a variable", () => "$HOME ${PATH} ~"]
  ] as typeof lines) {
    it.effect(`with ${name} reaches a program as it is, and nothing else runs`, () =>
      Effect.gen(function* () {
        const place = new At(yield* temporaryDirectory)
        const client = yield* connectAt(place, policy(place))
        const { stdout } = yield* client.run("echo", [line(place)], { cwd: place.root })
        assert.strictEqual(stdout, `${line(place)}\n`)
        assert.isFalse(place.isHit)
      })
    )
  }
})
