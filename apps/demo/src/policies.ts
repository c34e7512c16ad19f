/**
 * The three policies of the demo, from wide to narrow. Each client gets a token for one of them.
 *
 * They show what a policy can say: any arguments, argument grammars, a denied name, variables that are inherited or may
 * be set, working directories. Whatever is not said is refused.
 */
import type { Policy } from "@spawnbroker/broker"
import type { Places } from "./places.ts"

export type ClientName = "builder" | "reader" | "guest"

/** A variable of the demo's own process. Only the policy of the builder names it. */
export const SECRET_NAME = "DEMO_SECRET"

const ANY_WORD = { match: "[A-Za-z]+" }

export const policies = (places: Places): Readonly<Record<ClientName, Policy>> => ({
  builder: {
    subject: "builder",
    commands: [
      { command: places.node, args: true },
      { command: "git", args: true },
      { command: "gzip", args: true },
      { command: "sort", args: true },
      { command: "sh", args: true },
      { command: "env" }
    ],
    deny: ["sudo"],
    env: { inherit: ["HOME", SECRET_NAME], set: ["DEMO_GREETING"], values: { LC_ALL: "C" } },
    cwd: [places.project, places.scratch]
  },
  reader: {
    subject: "reader",
    commands: [
      { command: "find", args: [[".", "-type", "f", "-name", { match: "[a-z*.]+" }]] },
      {
        command: "grep",
        args: [
          ["-rc", "", "--include=*.d.ts", "."],
          ["-rlw", ANY_WORD, "--include=*.d.ts", "."],
          ["-rlF", { match: '"[a-z]+": "[A-Z]+"' }, "--include=package.json", "."]
        ]
      },
      { command: "head", args: [["-c", { match: "[0-9]+" }, "/dev/zero"]] },
      { command: "wc", args: [["-c"], ["-l"]] },
      { command: "cat" },
      { command: "env" }
    ],
    cwd: [places.dependencies, places.effect, places.scratch]
  },
  guest: {
    subject: "guest",
    commands: [{ command: "sleep", args: [[{ match: "[0-9]{1,2}" }]] }],
    cwd: [places.scratch]
  }
})
