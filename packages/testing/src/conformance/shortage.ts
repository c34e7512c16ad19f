import { assert } from "@effect/vitest"
import { accessSync, constants } from "node:fs"
import * as Effect from "effect/Effect"
import { connect, host, node, type TestClient } from "../harness.ts"
import type { SuiteIt } from "./SuiteIt.ts"

/** Runs the host that starts `count` processes at once, under a limit that does not let all of them in. */
const burst = (client: TestClient, limit: ReadonlyArray<string>, spawner: string, count: number, kind = "processes") =>
  Effect.gen(function* () {
    const [command, ...args] = [
      ...limit,
      node,
      "--disable-warning=ExperimentalWarning",
      host("burst.ts"),
      spawner,
      String(count),
      kind
    ]
    const { stdout, stderr, exit } = yield* client.run(command!, args)
    assert.deepStrictEqual({ exit, stderr }, { exit: { _tag: "Exited", code: 0 }, stderr: "" })
    return JSON.parse(stdout) as { readonly kind: string; readonly ends: ReadonlyArray<string>; readonly count: number }
  })

/**
 * Limits on processes hold for everybody but root, so the host must be somebody else. They count all processes of that
 * user, so it must be nobody whom another test is at the same time.
 */
const somebodyElse = 100_000 + process.pid

const whyNobodyElse = (): string | undefined => {
  if (process.getuid?.() !== 0)
    return "only root can become another user, whose number of processes is not that of this one"
  try {
    accessSync("/usr/bin/setpriv", constants.X_OK)
    return undefined
  } catch {
    return "there is no setpriv"
  }
}

export const shortage = (it: SuiteIt, spawner: string): void => {
  it.effect("of descriptors makes starts wait, and all succeed in the end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const limit = ["sh", "-c", 'ulimit -n 80; exec "$@"', "sh"]
      assert.deepStrictEqual(yield* burst(client, limit, spawner, 60), { kind: spawner, ends: ["0"], count: 60 })
    })
  )

  it.effect("that lasts is TimedOut for a start that has a time limit", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const limited = ["-c", 'ulimit -n 80; exec "$@"', "sh", node, "--disable-warning=ExperimentalWarning"]
      const { stdout } = yield* client.run("sh", [...limited, host("full.ts"), spawner])
      assert.deepStrictEqual(JSON.parse(stdout), {
        _tag: "TimedOut",
        message: "The start took longer than 200 ms. Give it more time, or find what it waits for."
      })
    })
  )

  it.effect("of descriptors makes pipelines wait, and none for another that waits for it", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const limit = ["sh", "-c", 'ulimit -n 100; exec "$@"', "sh"]
      const burst40 = yield* burst(client, limit, spawner, 40, "pipelines")
      assert.deepStrictEqual(burst40, { kind: spawner, ends: ["0"], count: 40 })
    })
  )

  const reason = whyNobodyElse()
  if (reason !== undefined) console.log(`skipped: shortage of processes, since ${reason}`)
  it.effect.skipIf(reason)("of processes makes starts wait, and all succeed in the end", () =>
    Effect.gen(function* () {
      const client = yield* connect()
      const limit = ["setpriv", `--reuid=${somebodyElse}`, "--clear-groups", "prlimit", "--nproc=60"]
      assert.deepStrictEqual(yield* burst(client, limit, spawner, 100), { kind: spawner, ends: ["0"], count: 100 })
    })
  )
}
