/** Good messages, one of each kind, from which bad ones are made. */
import { callMessage, type Loose, specOf } from "../raw-client.ts"

const id = "p-0123456789abcdef01234567"
const spec = specOf("none", ["a", "-b"], {
  cwd: "/",
  env: { A: "b" },
  timeoutMs: 10,
  additionalFds: [{ fd: 3, direction: "output" }]
})
const policy = {
  subject: "fuzz",
  commands: [{ command: "cat", args: [["a", { match: "[0-9a-f]{7,40}" }, { rest: { anyOf: ["x"] } }]] }],
  deny: ["rm"],
  env: { inherit: ["A*"], set: ["CI"], values: { B: "1" } },
  cwd: ["/"],
  limits: { concurrent: 1, wallTime: "1 second" },
  topics: { publish: ["a.*"] },
  expires: "1 second"
}

/** One real start among them; the others are of a command that is not granted. */
export const calls = (call: string): ReadonlyArray<Loose> => [
  callMessage(call, "spawn", { channel: 1, spec: specOf("true", ["a"], { cwd: "/" }) }),
  callMessage(call, "spawn", { channel: 2, spec }),
  callMessage(call, "start", { spec }),
  callMessage(call, "explain", { spec }),
  callMessage(call, "pipeline", {
    stages: [
      { channel: 3, spec: { ...spec, stdout: "ignore" } },
      { channel: 4, spec: { ...spec, stdin: "ignore" } }
    ],
    links: [{ from: [1], to: 0 }]
  }),
  callMessage(call, "attenuate", { policy }),
  callMessage(call, "revoke", { token: `sb_${"0".repeat(16)}_${"A".repeat(43)}`, kill: true }),
  callMessage(call, "attach", { channel: 5, id, replay: true, windowBytes: 4096, unread: "auto" }),
  callMessage(call, "attach", {
    channel: 7,
    id,
    replay: false,
    from: { stdout: 1 },
    windowBytes: 4096,
    unread: "auto"
  }),
  callMessage(call, "detach", { channel: 1 }),
  callMessage(call, "openHostStream", { channel: 6, fd: 1 }),
  callMessage(call, "readOutput", { id }),
  callMessage(call, "kill", { target: { pid: 1 }, signal: "SIGTERM", forceKillAfterMs: 10, tree: true }),
  callMessage(call, "stop", { target: { id }, steps: [{ _tag: "CloseStdin", forMs: 10 }], tree: true }),
  callMessage(call, "release", { channel: 1 }),
  callMessage(call, "get", { id }),
  callMessage(call, "status", { id }),
  callMessage(call, "list"),
  callMessage(call, "connect", { version: 1, token: "x", data: null })
]

export const batches: ReadonlyArray<ReadonlyArray<Loose>> = [
  [
    { _tag: "Credit", channel: 0, fd: 1, bytes: 10 },
    { _tag: "Drain", channel: 0, fd: 2 }
  ],
  [{ _tag: "Input", channel: 0, fd: 0, bytes: new Uint8Array(10) }],
  [
    { _tag: "InputEnd", channel: 2, fd: 0 },
    { _tag: "Input", channel: 2, fd: 0, bytes: new Uint8Array(0) }
  ]
]
