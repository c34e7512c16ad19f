import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { operationCodec } from "../../src/derive/codec.ts"
import { ProcessNotFound } from "../../src/errors/ProcessError.ts"
import { Operations } from "../../src/operations/index.ts"
import { spawnDefaults } from "../../src/process/SpawnSpec.ts"

const operations = [...(Operations.requests.values() as Iterable<unknown> as Iterable<Rpc.AnyWithProps>)]
const named = (name: string): Rpc.AnyWithProps => operations.find(({ _tag }) => _tag === name)!
const decodes = (name: string, payload: unknown): boolean =>
  Result.isSuccess(operationCodec(named(name)).decodePayload(payload))

const id = `p-${"0".repeat(24)}`

const spec = {
  ...spawnDefaults,
  command: "cat",
  stop: [],
  stdin: "ignore",
  stdout: "ignore",
  stderr: "pipe"
}
const stages = [
  { channel: 0, spec },
  { channel: 1, spec }
]
const link = { from: [1], to: 0 }

const payloads: ReadonlyArray<readonly [name: string, good: ReadonlyArray<unknown>, bad: ReadonlyArray<unknown>]> = [
  ["release", [{ channel: 0 }], [{}, null, { channel: -1 }, { channel: 0, force: true }, [0]]],
  ["get", [{ id }], [{}, { id: 1 }, { id: "../x" }, { id, pid: 1 }]],
  ["status", [{ id }], [{}, { id: null }, { id: [id] }]],
  [
    "kill",
    [
      { target: { id } },
      { target: { pid: 1 }, signal: "SIGINT" },
      { target: { id }, forceKillAfterMs: 0, tree: true, wait: true }
    ],
    [
      {},
      { target: {} },
      { target: { id, pid: 1 } },
      { target: { pid: 0 } },
      { target: { pid: -1 } },
      { target: id },
      { target: { id }, signal: 9 },
      { target: { id }, forceKillAfterMs: -1 },
      { target: { id }, wait: "true" },
      { target: { id }, forceKillAfterMs: 1e300 },
      { target: { id }, forceKillAfterMs: Infinity },
      { target: { id }, tree: "yes" },
      { target: { id }, everybody: true }
    ]
  ],
  [
    "stop",
    [{ target: { id } }, { target: { pid: 1 }, steps: [], tree: true }],
    [
      {},
      { target: { id }, steps: [{ signal: "SIGINT" }] },
      { target: { id }, steps: [{ _tag: "Signal", signal: "SIGINT", forMs: -1 }] },
      { target: { id }, steps: Array.from({ length: 11 }, () => ({ _tag: "CloseStdin", forMs: 1 })) },
      { target: { id }, signal: "SIGINT" }
    ]
  ],
  [
    "pipeline",
    [
      { stages, links: [link] },
      { stages, links: [{ from: [3], to: 63 }] },
      { stages: [...stages, { channel: 2, spec }], links: [link, link] }
    ],
    [
      {},
      { stages, links: [] },
      { stages, links: [link, link] },
      { stages: [stages[0]], links: [] },
      { stages: [stages[0], stages[0]], links: [link] },
      { stages, links: [{ from: [], to: 0 }] },
      { stages, links: [{ from: [0], to: 0 }] },
      { stages, links: [{ from: [1, 1], to: 0 }] },
      { stages, links: [{ from: [1, 2], to: 0 }] },
      { stages, links: [{ from: [64], to: 0 }] },
      { stages, links: [{ from: [1, 3, 4], to: 0 }] },
      { stages, links: [{ from: [1], to: 1 }] },
      { stages, links: [{ from: [1.5], to: 0 }] },
      { stages, links: [{ ...link, both: true }] },
      { stages: [{ channel: 0, spec: { ...spec, stdout: "pipe" } }, stages[1]], links: [link] },
      { stages: [stages[0], { channel: 1, spec: { ...spec, stdin: "inherit" } }], links: [link] },
      {
        stages: [stages[0], { channel: 1, spec: { ...spec, additionalFds: [{ fd: 3, direction: "output" }] } }],
        links: [{ from: [1], to: 3 }]
      },
      {
        stages: [...stages, { channel: 2, spec }],
        links: [
          { from: [1], to: 3 },
          { from: [3], to: 0 }
        ]
      },
      {
        stages: Array.from({ length: 33 }, (_, channel) => ({ channel, spec })),
        links: Array.from({ length: 32 }, () => link)
      }
    ]
  ],
  [
    "connect",
    [],
    [{}, { version: 1, token: "x" }, { version: 1, token: "x", data: {} }, { version: "1", token: "x", data: null }]
  ]
]

describe("operations", () => {
  it("are these", () => {
    const names = operations.map(({ _tag }) => _tag).toSorted()
    for (const name of ["connect", "get", "kill", "list", "release", "spawn", "status"]) assert.include(names, name)
  })

  it("none has a name that an object has already", () => {
    for (const { _tag } of operations) assert.notProperty({}, _tag)
  })

  for (const operation of operations) {
    it(`${operation._tag} has a payload, a success and an error`, () => {
      for (const schema of [operation.payloadSchema, operation.successSchema, operation.errorSchema]) {
        assert.isTrue(Schema.isSchema(schema))
      }
    })
  }

  for (const [name, good, bad] of payloads) {
    it(`${name} takes its payload, and nothing that is nearly one`, () => {
      for (const payload of good) assert.isTrue(decodes(name, payload), JSON.stringify(payload))
      for (const payload of bad) assert.isFalse(decodes(name, payload), JSON.stringify(payload))
    })
  }

  it("a reply that fails comes back as the error that it was", () => {
    const { decodeReply, encodeReply } = operationCodec(named("get"))
    const back = decodeReply(structuredClone(encodeReply({ _tag: "Failure", error: new ProcessNotFound({ id }) })))
    assert.strictEqual(back._tag === "Failure" && (back.error as Error).name, "ProcessNotFound")
  })

  it("a reply of another shape is not decoded", () => {
    const { decodeReply } = operationCodec(named("get"))
    for (const reply of [null, undefined, {}, { _tag: "Success" }, { _tag: "Failure", error: new Error("x") }]) {
      assert.throws(() => decodeReply(reply))
    }
  })
})
