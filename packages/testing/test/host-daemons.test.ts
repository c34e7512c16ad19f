/** Daemons that the host has for itself, without a policy. */
import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, type DaemonSpec } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { connect, temporaryDirectory } from "../src/harness.ts"

const script = (name: string, text: string, more: Partial<DaemonSpec> = {}): DaemonSpec => ({
  name,
  command: "sh",
  args: ["-c", text],
  ...more
})

const forever = "exec sleep 1000"

const withBroker = <A, E>(test: Effect.Effect<A, E, Broker>, env: Record<string, string | undefined> = process.env) =>
  Effect.provide(test, Broker.layer({ env }), { local: true })

it.live("a daemon of the host runs anything, anywhere, with the whole environment and its own files", () =>
  withBroker(
    Effect.scoped(
      Effect.gen(function* () {
        const { daemons } = yield* Broker
        const directory = realpathSync(yield* temporaryDirectory)
        writeFileSync(join(directory, "env"), "FROM_FILE=file\n")
        writeFileSync(
          join(directory, "server"),
          '#!/bin/sh\necho "$FROM_HOST $FROM_FILE $NODE_OPTIONS $PWD"\nexec sleep 1000\n',
          {
            mode: 0o700
          }
        )
        const info = yield* daemons.start(
          {
            name: "server",
            command: "./server",
            cwd: directory,
            env: { NODE_OPTIONS: "--no-warnings" },
            envFile: join(directory, "env"),
            pidFile: join(directory, "pid"),
            log: { file: join(directory, "log") },
            readiness: { log: { match: "host" } }
          },
          { until: "healthy" }
        )
        assert.deepInclude(info, { state: "healthy", subject: "host" })
        const [line] = yield* Stream.runCollect(daemons.logs("server"))
        assert.strictEqual(line?.text, `host file --no-warnings ${directory}`)
        yield* daemons.stop("server")
      })
    ),
    { PATH: process.env["PATH"], FROM_HOST: "host" }
  )
)

it.live("a file of variables cannot say which code runs, and a specification that is wrong is refused", () =>
  withBroker(
    Effect.scoped(
      Effect.gen(function* () {
        const { daemons } = yield* Broker
        const directory = yield* temporaryDirectory
        writeFileSync(join(directory, "env"), "LD_PRELOAD=evil.so\n")
        yield* daemons.start(script("preloads", forever, { envFile: join(directory, "env") }))
        const failed = yield* daemons.changes("preloads").pipe(
          Stream.filter(({ state }) => state === "failed"),
          Stream.runHead
        )
        assert.strictEqual(failed._tag, "Some")
        const refused = yield* Effect.flip(daemons.start({ ...script("wrong", forever), cwd: "" }))
        assert.strictEqual(refused._tag, "InvalidArgument")
        const absent = yield* Effect.flip(daemons.start({ name: "absent", command: "no-such-program-here" }))
        assert.strictEqual(absent._tag, "NotFound")
        assert.strictEqual((yield* Effect.flip(daemons.get("nobody")))._tag, "ProcessNotFound")
      })
    )
  )
)

it.live("the host sees and ends those of its clients, who do not see its own unless their policy says so", () =>
  withBroker(
    Effect.scoped(
      Effect.gen(function* () {
        const { daemons, stats } = yield* Broker
        const client = yield* connect({ daemons: true })
        const observer = yield* connect({ daemons: true, observe: "all" })
        const { tokens } = yield* stats
        yield* client.daemons.start(script("theirs", forever), { until: "healthy" })
        yield* daemons.start(script("ours", forever), { until: "healthy" })
        const names = (infos: ReadonlyArray<{ readonly name: string }>) => infos.map(({ name }) => name)
        assert.deepStrictEqual(names(yield* daemons.list()), ["theirs", "ours"])
        assert.deepStrictEqual(names(yield* client.daemons.list()), ["theirs"])
        assert.deepStrictEqual(names(yield* observer.daemons.list()), ["theirs", "ours"])
        assert.strictEqual((yield* Effect.flip(client.daemons.stop("ours")))._tag, "ProcessNotFound")
        assert.strictEqual((yield* Effect.flip(observer.daemons.stop("ours")))._tag, "ProcessNotFound")
        const taken = yield* Effect.flip(client.daemons.start(script("ours", forever)))
        assert.strictEqual(taken._tag, "InvalidArgument")
        // It has no token.
        assert.strictEqual((yield* stats).tokens, tokens)
        const stopped = yield* daemons.stopAll()
        assert.deepStrictEqual(
          stopped.map(({ state }) => state),
          ["stopped", "stopped"]
        )
      })
    )
  )
)

it.live("nobody can present himself as the host", () =>
  withBroker(
    Effect.scoped(
      Effect.gen(function* () {
        const broker = yield* Broker
        yield* broker.daemons.start(script("ours", forever), { until: "healthy" })
        for (const secret of ["A".repeat(43), "_".repeat(43)]) {
          const port = yield* broker.openPort()
          const refused = yield* Effect.flip(Client.connect(port, `sb_${"0".repeat(16)}_${secret}`))
          assert.strictEqual(refused._tag, "InvalidToken")
        }
      })
    )
  )
)
