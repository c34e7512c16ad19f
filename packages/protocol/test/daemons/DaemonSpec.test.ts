import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { DaemonReason } from "../../src/daemons/DaemonInfo.ts"
import { DaemonSpec } from "../../src/daemons/DaemonSpec.ts"
import { describeReason } from "../../src/daemons/describe-reason.ts"
import { strictDecoder } from "../../src/derive/codec.ts"
import { Pid } from "../../src/process/ProcessId.ts"

const decode = strictDecoder("daemon", DaemonSpec)

const least = { name: "web", command: "node" }

/** Everything that there is, as a file of JSON would have it. */
const whole: unknown = JSON.parse(`{
  "name": "web.api-1", "command": "/usr/bin/node", "args": ["server.js"], "env": { "PORT": "80" },
  "envFile": "/srv/web/env", "cwd": "/srv/web", "pidFile": "/run/web-{replica}.pid",
  "log": { "file": "/var/log/web-{replica}.log", "maxBytes": 1048576, "keep": 3 }, "persistent": true,
  "readiness": { "http": { "port": 8080, "path": "/health?full=1" }, "initialDelay": "2 seconds", "period": "1 second",
    "timeout": "500 millis", "successThreshold": 2, "failureThreshold": 5 },
  "liveness": { "exec": { "command": "curl", "args": ["-f", "http://localhost"] }, "period": "30 seconds" },
  "restart": { "policy": "always", "delay": "1 second", "factor": 1.5, "maxDelay": "5 minutes", "jitter": false,
    "resetAfter": "2 minutes", "maxRestarts": 3, "window": "1 hour" },
  "successExitCodes": [0, 143], "dependsOn": { "db": "healthy", "migrate": "completed", "log": "started" },
  "stop": [{ "signal": "SIGINT", "for": "5 seconds" }, { "signal": "SIGTERM", "for": "1 second" }],
  "startTimeout": "30 seconds", "replicas": 4
}`)

const problem = (spec: unknown): string => {
  const decoded = decode(spec)
  assert.isTrue(Result.isFailure(decoded), `accepted: ${JSON.stringify(spec)}`)
  return Result.isFailure(decoded) ? decoded.failure.message : ""
}

const refused: ReadonlyArray<readonly [what: string, more: Readonly<Record<string, unknown>>]> = [
  ["a name that could lead elsewhere", { name: "../web" }],
  ["an empty name", { name: "" }],
  ["a name that begins with a dot", { name: ".web" }],
  ["no command", { command: "" }],
  ["a NUL byte", { args: ["a\0b"] }],
  ["a relative file", { pidFile: "web.pid" }],
  ["a file with a way up", { pidFile: "/run/../etc/passwd" }],
  ["a directory for a file", { log: { file: "/var/log/" } }],
  ["a log that is too small to be rotated", { log: { file: "/l", maxBytes: 10 } }],
  ["persistence without its files", { persistent: true, pidFile: "/p" }],
  ["replicas that would share a file", { replicas: 2, pidFile: "/run/web.pid" }],
  ["more replicas than there may be", { replicas: 65 }],
  ["no replica", { replicas: 0 }],
  ["a probe of another machine", { readiness: { tcp: { port: 80, host: "10.0.0.1" } } }],
  ["a port that is none", { readiness: { tcp: { port: 0 } } }],
  ["a port that no replica can have", { replicas: 2, liveness: { tcp: { port: 65_535 } } }],
  ["a probe that is two at once", { readiness: { tcp: { port: 80 }, http: { port: 80 } } }],
  ["a path with another header in it", { readiness: { http: { port: 80, path: "/ HTTP/1.1\r\nX: y" } } }],
  ["a liveness by a line", { liveness: { log: { match: "x" } } }],
  ["a time that is none", { startTimeout: "soon" }],
  ["an endless time", { restart: { delay: "Infinity" } }],
  ["a signal by its number", { stop: [{ signal: 9, for: "1 second" }] }],
  ["a condition that there is not", { dependsOn: { db: "happy" } }],
  ["a misspelled field", { restarts: "always" }]
]

describe("the specification of a daemon", () => {
  it("needs a name and a command, and may have much more", () => {
    for (const spec of [least, whole]) assert.isTrue(Result.isSuccess(decode(spec)))
  })

  for (const [what, more] of refused) {
    it(`may not have ${what}`, () => {
      problem({ ...least, ...more })
    })
  }

  it("says what is missing of a persistent one", () => {
    assert.include(problem({ ...least, persistent: true }), "a `pidFile` and a `log` for a persistent daemon")
  })
})

const exit = { _tag: "Exited", code: 3 } as const
const reasons: ReadonlyArray<readonly [reason: DaemonReason, words: string]> = [
  [{ _tag: "Exited", exit }, "it has exited: exit code 3"],
  [{ _tag: "Exited" }, "it has exited, nobody knows how"],
  [{ _tag: "NotStarted", message: "ENOENT" }, "it could not be started: ENOENT"],
  [{ _tag: "NotReady", timeoutMs: 5 }, "it was not ready within 5 ms"],
  [{ _tag: "NotReady", timeoutMs: 5, lastProbe: "no" }, "it was not ready within 5 ms; the last probe: no"],
  [{ _tag: "NotAlive", lastProbe: "no" }, "its liveness probe has failed: no"],
  [{ _tag: "NotReadyAnyMore", lastProbe: "no" }, "its readiness probe has failed: no"],
  [
    { _tag: "GaveUp", restarts: 2, windowMs: 9, last: "why" },
    "it was restarted 2 times within 9 ms, and would be again: why"
  ],
  [
    { _tag: "DependencyFailed", dependency: "db", condition: "healthy" },
    "db, which it depends on, will not be healthy"
  ],
  [
    { _tag: "RunsElsewhere", pid: Pid.make(7) },
    "its PID file names the process 7, which runs and is not this broker's; end it, or take the file away"
  ],
  [{ _tag: "BrokerRestarted" }, "the broker's thread has died and was replaced, and it has ended with that"],
  [{ _tag: "TokenOver" }, "the token with which it was started is revoked or has expired"]
]

describe("the reasons of a daemon", () => {
  for (const [reason, words] of reasons) {
    it(`say: ${words}`, () => {
      assert.strictEqual(describeReason(reason), words)
    })
  }

  it("are all here", () => {
    assert.sameMembers(
      [...new Set(reasons.map(([{ _tag }]) => _tag))],
      DaemonReason.members.map((member) => member.fields._tag.schema.literal)
    )
  })
})
