/**
 * Holds docs/reference.md to the code: a row for everything there is, none for what there is not, and the test that each
 * row names is there.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, RunResult } from "@spawnbroker/client"
import { connect as connectPromise } from "@spawnbroker/client/promise"
import { DaemonSpec, Limits, Operations, Policy, Sandbox } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { testPolicy } from "../src/harness.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const read = (path: string): string => readFileSync(`${root}${path}`, "utf8")

interface Row {
  readonly name: string
  readonly file: string
  readonly title: string
}

const titleLink = /\[(?<title>.+)\]\(\.\.\/(?<file>[^)]+)\)$/

/** The rows of each section: `name` in code, what it is, and a link from a test's title to its file. */
const sections = new Map<string, ReadonlyArray<Row>>(
  read("docs/reference.md")
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...lines] = section.split("\n")
      const rows = lines
        .filter((line) => line.startsWith("| `"))
        .map((line) => {
          const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
          const name = cells[1]!.replaceAll("`", "")
          const { title = "", file = "" } = titleLink.exec(cells[3]!)?.groups ?? {}
          return { name, title: title.replaceAll("\\|", "|"), file }
        })
      return [heading, rows]
    })
)

/** The fields of an interface, as they stand in its source. */
const fieldsOf = (path: string, name: string): ReadonlyArray<string> => {
  const source = read(path)
  const body = source.slice(source.indexOf(`export interface ${name}`))
  const block = body.slice(0, body.indexOf("\n}"))
  return [...block.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, field]) => field!)
}

const publicNames = (value: object): ReadonlyArray<string> => Object.keys(value).filter((name) => !name.startsWith("~"))

const assertRows = (heading: string, names: ReadonlyArray<string>): void => {
  const rows = sections.get(heading)?.map(({ name }) => name) ?? []
  const missing = names.filter((name) => !rows.includes(name))
  const surplus = rows.filter((name) => !names.includes(name))
  assert.deepStrictEqual({ missing, surplus }, { missing: [], surplus: [] })
}

describe("the reference", () => {
  it("has the operations of the protocol", () => {
    assertRows("Operations", [...Operations.requests.keys()])
  })

  it("has the options", () => {
    assertRows("Options of spawn", fieldsOf("packages/client/src/options.ts", "SpawnOptions"))
    assertRows("Options of run", fieldsOf("packages/client/src/run/RunOptions.ts", "RunOptions"))
    assertRows("Options of attach", fieldsOf("packages/client/src/operations/attach.ts", "AttachOptions"))
    assertRows("Options of kill", fieldsOf("packages/client/src/operations/kill.ts", "KillOptions"))
    assertRows("Options of stop", fieldsOf("packages/client/src/operations/stop.ts", "StopOptions"))
    assertRows("Options of the broker", fieldsOf("packages/broker/src/Broker.ts", "BrokerOptions"))
    assertRows("Options of the audit", fieldsOf("packages/broker/src/host/audit-options.ts", "AuditOptions"))
    assertRows("Options of the history", fieldsOf("packages/broker/src/host/history-options.ts", "HistoryOptions"))
  })

  it("has the fields of a policy", () => {
    assertRows("The policy", Object.keys(Policy.fields))
    assertRows("Limits of a policy", Object.keys(Limits.fields))
    assertRows("The sandbox of a policy", Object.keys(Sandbox.fields))
  })

  it("has the fields of a daemon", () => {
    assertRows("The specification of a daemon", Object.keys(DaemonSpec.fields))
  })

  for (const [heading, rows] of sections) {
    for (const { name, file, title } of rows) {
      it(`names a test that is there: ${heading}, ${name}`, () => {
        assert.isTrue(existsSync(`${root}${file}`), `there is no file ${file}`)
        const quoted = [`"${title}"`, `'${title}'`, `\`${title}\``]
        assert.isTrue(
          quoted.some((text) => read(file).includes(text)),
          `${file} has no test ${title}`
        )
      })
    }
  }
})

layer(Broker.layer(), { excludeTestServices: true })("the reference", (each) => {
  each.effect("has the members of both faces", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const token = yield* broker.mint(testPolicy)
      const client = yield* Client.connect(yield* broker.openPort(), token)
      const process = yield* client.spawn("true")
      const result = yield* client.run("true")
      assertRows("The client", publicNames(client))
      assertRows("The daemons", publicNames(client.daemons))
      assertRows("The process", [...publicNames(process), ...gettersOf(process.constructor)])
      assertRows("The result of run", [...publicNames(result), ...gettersOf(RunResult)])
      assertRows("The broker", publicNames(broker))
      const port = yield* broker.openPort()
      const promises = yield* Effect.promise(() => connectPromise(port, token))
      const promised = yield* Effect.promise(() => promises.spawn("true"))
      assertRows("The client with promises", publicNames(promises))
      assertRows("The daemons", publicNames(promises.daemons))
      assertRows("The process with promises", publicNames(promised))
      yield* Effect.promise(() => promises.close())
    })
  )
})

const gettersOf = (type: { readonly prototype: object }): ReadonlyArray<string> =>
  Object.entries(Object.getOwnPropertyDescriptors(type.prototype))
    .filter(([, { get }]) => get !== undefined)
    .map(([name]) => name)
