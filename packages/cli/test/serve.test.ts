import { assert, describe, it } from "@effect/vitest"
import { Client, type ProcessHandle } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { daemon, steadyDaemon, withCli } from "./harness.ts"

const link = /Log in as (\S+), once, within 10 minutes: (http:\/\/127\.0\.0\.1:[0-9]+\/)login#(\S+)/

/** What it prints, up to the link. */
const untilServed = (process: ProcessHandle<"stdout">) =>
  process.stdoutLines.pipe(
    Stream.map((line) => link.exec(line)),
    Stream.filter((found) => found !== null),
    Stream.runHead,
    Effect.map((found) => {
      assert(found._tag === "Some")
      const [, user, url, code] = found.value
      return { user: user!, url: url!, code: code! }
    })
  )

const logIn = ({ url, code }: { readonly url: string; readonly code: string }) =>
  Effect.promise(() =>
    fetch(`${url}login`, {
      method: "POST",
      headers: { origin: new URL(url).origin, "content-type": "application/json" },
      body: JSON.stringify({ code })
    })
  )

const whoIs = (url: string, response: Response) =>
  Effect.promise(async () => {
    const [cookie] = response.headers.getSetCookie()
    const session = await fetch(`${url}session`, { headers: { cookie: cookie!.split(";")[0]! } })
    return (await session.json()) as { readonly user: string; readonly role: string }
  })

describe("serve", () => {
  it("serves a project besides what `up` does: to its users, and to those with one of its tokens", () =>
    withCli(
      {
        "steady.mjs": steadyDaemon,
        "spawnbroker.config.json": {
          daemons: { steady: daemon("steady") },
          policies: { words: { commands: [{ command: "printf", args: true }] } },
          gateway: { users: { vera: "viewer", ada: "admin" } }
        }
      },
      (cli) =>
        Effect.gen(function* () {
          const served = yield* cli.spawn(["serve", "--port", "0"], { stdin: "ignore" })
          const found = yield* untilServed(served)
          assert.strictEqual(found.user, "vera")
          assert.deepInclude(yield* whoIs(found.url, yield* logIn(found)), { user: "vera", role: "viewer" })
          assert.strictEqual((yield* logIn(found)).status, 401)
          const { stdout: token } = yield* cli.run(["token", "mint", "words"])
          const client = yield* Client.connectWebSocket(`${found.url}ws`, token.trim())
          assert.strictEqual((yield* client.run("printf", ["over there"])).stdout, "over there")
          yield* served.kill({ signal: "SIGINT" })
          assert.deepStrictEqual(yield* served.exit, { _tag: "Exited", code: 0 })
        }).pipe(Effect.scoped)
    ))

  it("serves the directory to whoever starts it where there is no project, and says which port it cannot have", () =>
    withCli({}, (cli) =>
      Effect.gen(function* () {
        const served = yield* cli.spawn(["serve", "--port", "0"], { stdin: "ignore" })
        const found = yield* untilServed(served)
        assert.deepInclude(yield* whoIs(found.url, yield* logIn(found)), { role: "admin" })
        const second = yield* cli.run(["serve", "--port", new URL(found.url).port])
        assert.deepStrictEqual(second.exit, { _tag: "Exited", code: 69 })
        assert.include(second.stderr, "EADDRINUSE")
        yield* served.kill({ signal: "SIGTERM" })
        assert.deepStrictEqual(yield* served.exit, { _tag: "Exited", code: 0 })
      }).pipe(Effect.scoped)
    ))
})
