import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { type Policy } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readlinkSync } from "node:fs"
import {
  assertFails,
  assertSucceeds,
  attackerPolicy,
  bystanderIsServed,
  connectRaw,
  type Loose,
  specOf
} from "./raw-client.ts"

const hostEnv = {
  PATH: process.env["PATH"],
  HOME: "/root",
  LANG: "C",
  AWS_SECRET_ACCESS_KEY: "secret-of-the-host",
  DATABASE_URL: "postgres://secret-of-the-host",
  LD_PRELOAD: "",
  NODE_OPTIONS: "--no-warnings",
  GIT_SSH_COMMAND: "secret-of-the-host",
  __proto__: "secret-of-the-host"
}

/** What a process has open, by number: `socket:[1234]`, `/dev/null`. */
const descriptors = (pid: number): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [[fd, readlinkSync(`/proc/${pid}/fd/${fd}`)] as const]
      } catch {
        return []
      }
    })
  )

/** The whole environment of a child, as the child says, without the mark that every child has. */
const environmentOf = (env: Policy["env"], set?: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const policy = { ...attackerPolicy, ...(env && { env }) }
    const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(policy))
    const { stdout } = yield* client.run("env", ["-0"], { cwd: "/", ...(set && { env: set }) })
    const entries = stdout.split("\0").filter((line) => line !== "" && !line.startsWith("SPAWNBROKER_ID="))
    return new Map(entries.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]))
  })

layer(Broker.layer({ env: hostEnv }), { excludeTestServices: true })("the environment of a child", (it) => {
  it.effect("is PATH and nothing else, without a grant", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([...(yield* environmentOf(undefined))], [["PATH", hostEnv.PATH]])
    })
  )

  it.effect("has what the policy names, and no secret of the host beside it", () =>
    Effect.gen(function* () {
      const env = yield* environmentOf({ inherit: ["LANG"], values: { CI: "1" } })
      assert.deepStrictEqual([...env.keys()].toSorted(), ["CI", "LANG", "PATH"])
    })
  )

  it.effect("has no variable of a dangerous name by a wildcard", () =>
    Effect.gen(function* () {
      const env = yield* environmentOf({ inherit: ["*"] })
      for (const name of ["LD_PRELOAD", "NODE_OPTIONS", "GIT_SSH_COMMAND", "HOME"]) assert.isFalse(env.has(name), name)
      assert.strictEqual(env.get("DATABASE_URL"), "postgres://secret-of-the-host")
    })
  )

  it.effect("is not changed by a client without a grant, whatever it sets", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ env: { set: ["ALLOWED"] } })
      for (const name of [
        "A",
        "PATH",
        "LD_PRELOAD",
        "allowed",
        "ALLOWED ",
        " ALLOWED",
        "ALLOWED2",
        "__proto__",
        "constructor"
      ]) {
        const env = Object.fromEntries([
          ["ALLOWED", "1"],
          [name, "attack"]
        ])
        const reply = yield* Effect.promise(() => client.spawn(0, specOf("env", [], { env, cwd: "/" })))
        assertFails(reply, "PermissionDenied", { rule: "env.set" })
      }
    })
  )

  it.effect("has no dangerous variable that a wildcard would let a client set", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ env: { set: ["*"] } })
      for (const name of [
        "LD_PRELOAD",
        "ld_preload",
        "NODE_OPTIONS",
        "BASH_ENV",
        "BASH_FUNC_ls%%",
        "npm_config_script_shell",
        "PATH"
      ]) {
        const reply = yield* Effect.promise(() =>
          client.spawn(0, specOf("env", [], { env: { [name]: "x" }, cwd: "/" }))
        )
        assertFails(reply, "PermissionDenied", { rule: "env.set" })
      }
    })
  )

  it.effect("keeps the fixed values of the policy against the client's", () =>
    Effect.gen(function* () {
      const env = yield* environmentOf({ set: ["MODE"], values: { MODE: "safe" } }, { MODE: "attack" })
      assert.strictEqual(env.get("MODE"), "safe")
    })
  )

  it.effect("decides nothing about where a command is looked up", () =>
    Effect.gen(function* () {
      const env = yield* environmentOf({ set: ["PATH"] }, { PATH: "/nowhere" })
      assert.strictEqual(env.get("PATH"), "/nowhere")
    })
  )

  it.effect("takes names of prototypes as names, and pollutes nothing", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw({ env: { set: ["*"] } })
      // Structured clone makes an own property of it at the other end.
      const env = JSON.parse('{"__proto__":"own","constructor":"c","toString":"t","A":"1"}')
      assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("env", [], { env, cwd: "/" }))))
      yield* Effect.promise(() => client.exitOf(0))
      const lines = client.textOf(0).split("\n")
      for (const line of ["__proto__=own", "constructor=c", "toString=t", "A=1"]) assert.include(lines, line)
      // And PATH, and the mark of the broker.
      assert.strictEqual(lines.filter((line) => line !== "").length, 6)
      yield* bystanderIsServed
    })
  )

  it.effect("cannot be given a prototype in the place of its variables", () =>
    Effect.gen(function* () {
      const { client } = yield* connectRaw()
      const env = JSON.parse('{"__proto__":{"LD_PRELOAD":"/tmp/x.so","polluted":"1"}}')
      assertFails(yield* Effect.promise(() => client.spawn(0, specOf("env", [], { env, cwd: "/" }))), "InvalidArgument")
      const spec = JSON.parse(JSON.stringify(specOf("env", [], { cwd: "/" })).replace("{", '{"__proto__":{"env":{}},'))
      assertFails(yield* Effect.promise(() => client.spawn(0, spec)), "InvalidArgument")
      const payload = JSON.parse('{"channel":0,"__proto__":{"spec":{}}}')
      assertFails(yield* Effect.promise(() => client.call("spawn", payload)), "InvalidArgument")
      yield* bystanderIsServed
    })
  )

  it.effect("of a policy with prototypes in it is what the policy says", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const polluted = JSON.parse(JSON.stringify(attackerPolicy).replace("{", '{"__proto__":{"observe":"all"},'))
      assert.strictEqual((yield* Effect.flip(broker.mint(polluted)))._tag, "InvalidArgument")
      const values = JSON.parse('{"__proto__":"own","A":"1"}')
      const env = yield* environmentOf({ values })
      assert.strictEqual(env.get("A"), "1")
      assert.strictEqual(env.get("__proto__"), "own")
    })
  )

  it.effect("does not change when the policy object is changed after it was minted", () =>
    Effect.gen(function* () {
      const broker = yield* Broker
      const policy: Loose = structuredClone(attackerPolicy)
      const token = yield* broker.mint(policy)
      policy.commands.push({ command: "id" })
      policy.kill = "all"
      const client = yield* Client.connect(yield* broker.openPort(), token)
      assert.strictEqual((yield* Effect.flip(client.run("id", [], { cwd: "/" })))._tag, "PermissionDenied")
    })
  )
})

for (const spawner of ["direct", "launcher"] as const) {
  layer(Broker.layer({ spawner }), { excludeTestServices: true })(`what a child holds (${spawner})`, (it) => {
    it.effect(
      "is its three standard streams, and nothing that the broker, the launcher or another child has open",
      () =>
        Effect.gen(function* () {
          const { client } = yield* connectRaw()
          // The others have more, which must not be open here.
          const additionalFds = [3, 4, 20].map((fd) => ({ fd, direction: "duplex" }))
          for (let channel = 1; channel < 4; channel++) {
            yield* Effect.promise(() => client.spawn(channel, specOf("sleep", ["1000"], { cwd: "/", additionalFds })))
          }
          assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("cat", [], { cwd: "/" }))))
          const info = assertSucceeds(yield* Effect.promise(() => client.call("list"))).find(
            ({ command }: Loose) => command === "cat"
          )
          const [mine, inherited] = [descriptors(info.pid), descriptors(process.ppid)]
          const streams = [0, 1, 2].map((fd) => mine.get(String(fd)))
          assert.strictEqual(new Set(streams).size, 3)
          // What whoever started the tests had left open is not ours to close.
          const surplus = [...mine].filter(([fd, file]) => Number(fd) > 2 && ![...inherited.values()].includes(file))
          assert.deepStrictEqual(surplus, [])
        })
    )

    it.effect("is what it was given beyond them, and nothing in between", () =>
      Effect.gen(function* () {
        const { client } = yield* connectRaw()
        const additionalFds = [5, 63].map((fd) => ({ fd, direction: "duplex" }))
        assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("cat", [], { cwd: "/", additionalFds }))))
        const [info] = assertSucceeds(yield* Effect.promise(() => client.call("list")))
        const [mine, inherited] = [descriptors(info.pid), descriptors(process.ppid)]
        const open = [...mine].filter(([, file]) => ![...inherited.values()].includes(file)).map(([fd]) => Number(fd))
        assert.deepStrictEqual(
          open.toSorted((a, b) => a - b).filter((fd) => fd > 2),
          [5, 63]
        )
        assert.strictEqual(new Set(mine.values()).size, mine.size)
      })
    )

    it.effect("is a process group and a session of its own", () =>
      Effect.gen(function* () {
        const { client } = yield* connectRaw()
        const script = 'read -r stat < /proc/$$/stat; set -- ${stat#*) }; echo "$$ $3 $4"'
        assertSucceeds(yield* Effect.promise(() => client.spawn(0, specOf("sh", ["-c", script], { cwd: "/" }))))
        yield* Effect.promise(() => client.exitOf(0))
        const [pid, group, session] = client.textOf(0).trim().split(" ")
        assert.deepStrictEqual([group, session], [pid, pid])
      })
    )
  })
}
