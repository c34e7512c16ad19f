/** The project in `examples/` is started, used, broken and ended, as its README says. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, withCli } from "./harness.ts"

const example = join(import.meta.dirname, "../../../examples/project")
const files = Object.fromEntries(
  ["spawnbroker.config.json", "store.ts", "web.ts", "worker.ts"].map((name) => [
    name,
    readFileSync(join(example, name), "utf8")
  ])
)

it("the example's web server answers, its worker works, and what is killed comes back", () =>
  withCli(files, (cli) =>
    Effect.gen(function* () {
      const { exit, stdout } = yield* cli.run(["up", "-d", "--wait"])
      assert.deepStrictEqual(exit, { _tag: "Exited", code: 0 }, stdout)
      const visit = Effect.promise(() => fetch("http://127.0.0.1:47811/").then((response) => response.text()))
      assert.strictEqual(yield* visit, "You are number 1\n")
      assert.strictEqual(yield* visit, "You are number 2\n")
      yield* cli.run(["kill", "--signal", "SIGKILL", "worker"])
      const restarts = Effect.map(cli.run(["ps", "--json"]), ({ stdout: json }) => {
        const worker = JSON.parse(json).daemons.find(({ name }: any) => name === "worker")
        return worker.state === "healthy" && worker.replicas[0].restarts === 1
      })
      yield* eventually("the worker is back", Effect.orDie(restarts), (isBack) => isBack)
      assert.match((yield* cli.run(["logs", "worker"])).stdout, /worker: at work\n[^]*worker: at work\n/)
      assert.deepStrictEqual((yield* cli.run(["down"])).exit, { _tag: "Exited", code: 0 })
    })
  ))
