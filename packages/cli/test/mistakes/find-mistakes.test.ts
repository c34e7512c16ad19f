import { Policy } from "@spawnbroker/protocol"
import { assert, describe, it } from "@effect/vitest"
import { Config } from "../../src/config/Config.ts"
import { findMistakes } from "../../src/mistakes/find-mistakes.ts"
import { showPath } from "../../src/mistakes/Mistake.ts"

const said = (schema: any, value: unknown): ReadonlyArray<string> =>
  findMistakes(schema, value).map(({ path, problem, hint }) =>
    [showPath(path), problem, ...(hint === undefined ? [] : [hint])].join(" | ")
  )

const ofPolicy = (more: object) => said(Policy, { subject: "x", ...more })
const ofDaemon = (more: object) => said(Config, { daemons: { web: { command: "node", ...more } } })

describe("the mistakes of a value", () => {
  it("are none where it fits", () => {
    assert.deepStrictEqual(ofPolicy({ commands: [{ command: "git", args: [["log", { rest: true }]] }] }), [])
  })

  it("are all told, not only the first", () => {
    assert.deepStrictEqual(ofPolicy({ observe: "alll", commands: [{ command: 5 }], comands: [], kill: 1 }), [
      "comands | there is no field `comands` | Did you mean `commands`?",
      "commands[0].command | expected string",
      'observe | expected "own", "all" | Did you mean `all`?',
      'kill | expected "own", "all"'
    ])
  })

  it("a misspelled field is one mistake, and not also a missing one", () => {
    assert.deepStrictEqual(ofPolicy({ commands: [{ comand: "git" }] }), [
      "commands[0].comand | there is no field `comand` | Did you mean `command`?"
    ])
  })

  it("in one of several forms are those of the form that was meant", () => {
    assert.deepStrictEqual(ofDaemon({ readiness: { http: { prot: 80 } } }), [
      "daemons.web.readiness.http.prot | there is no field `prot` | Did you mean `port`?"
    ])
    assert.deepStrictEqual(ofDaemon({ readiness: { tcp: { port: "80" }, periode: "1 second" } }), [
      "daemons.web.readiness.periode | there is no field `periode` | Did you mean `period`?",
      "daemons.web.readiness.tcp.port | expected number"
    ])
    assert.deepStrictEqual(ofPolicy({ env: { values: { A: { secrt: "b" } } } }), [
      "env.values.A.secrt | there is no field `secrt` | Did you mean `secret`?"
    ])
  })

  it("without a name that is near are told with the names that there are", () => {
    assert.deepStrictEqual(ofDaemon({ stop: [{ what: "x", signal: "SIGTERM", for: "1 second" }] }), [
      "daemons.web.stop[0].what | there is no field `what` | There are signal, for"
    ])
  })

  it("never show the value, which may be a secret", () => {
    const values = { A: "hunter2\0", B: { secret: 5, x: "hunter2" } }
    const text = [...ofPolicy({ env: { values }, expires: "hunter2", subject: { hunter2: 1 } })].join("\n")
    assert.notInclude(text.replace("subject.hunter2", ""), "hunter2")
    assert.include(text, "expires")
  })
})
