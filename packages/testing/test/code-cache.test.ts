/** Where compiled code is kept decides what runs in a broker, so it matters whose place that is, and that it goes. */
import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import * as Effect from "effect/Effect"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { connect, eventually, host, node, processes, waitForLine } from "../src/index.ts"

const memory = "/dev/shm"
const here = fileURLToPath(new URL(".", import.meta.url))

/** The directories of one host. */
const ofHost = (pid: number): ReadonlyArray<string> =>
  readdirSync(memory)
    .filter((name) => name.startsWith(`spawnbroker-code-${pid}-`))
    .map((name) => join(memory, name))

const environmentOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1")
  } catch {
    return ""
  }
}

const startHost = Effect.gen(function* () {
  const client = yield* connect()
  const nested = yield* client.spawn(node, [host("nested.ts"), "launcher"])
  yield* waitForLine(nested, "ready")
  return nested
})

/** A host that starts two brokers, one after the other, and ends by itself. */
const ending = `
import { Broker } from "@spawnbroker/broker"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
for (const round of [1, 2]) {
  await Effect.runPromise(Effect.scoped(Broker.start()))
  console.log(readdirSync("/dev/shm").filter((name) => name.startsWith("spawnbroker-code-" + process.pid + "-")).join())
}
`

const test = it.live.skipIf(!existsSync(memory))

test("it is one directory of a host's user alone, and goes with the host", () =>
  Effect.gen(function* () {
    const nested = yield* startHost
    const [directory, ...others] = ofHost(nested.pid)
    assert.deepStrictEqual(others, [])
    const { mode, uid } = statSync(directory!)
    assert.deepStrictEqual([mode & 0o777, uid], [0o700, process.getuid!()])
    yield* eventually(
      "code is kept there",
      Effect.sync(() => readdirSync(directory!, { recursive: true })),
      ({ length }) => length > 100
    )
    const client = yield* connect()
    const { stdout, stderr } = yield* client.run(node, ["--input-type=module", "-e", ending], { cwd: here })
    const [first, second, ...rest] = stdout.trimEnd().split("\n")
    assert.deepStrictEqual([second, rest], [first, []], stderr)
    assert.match(first!, /^spawnbroker-code-[0-9]+-[0-9]+-/)
    assert.isFalse(existsSync(join(memory, first!)))
  }).pipe(Effect.scoped, Effect.provide(Broker.layer({ policyWarnings: "ignore" }), { local: true })))

test("that of a host which was killed is taken away by the next one, and nobody else's is", () =>
  Effect.gen(function* () {
    const killed = yield* startHost
    const [abandoned] = ofHost(killed.pid)
    process.kill(killed.pid, "SIGKILL")
    yield* killed.exit
    assert.isTrue(existsSync(abandoned!))
    yield* eventually(
      "its launcher, which keeps code there as well, is gone",
      Effect.sync(() => processes().filter(({ pid }) => environmentOf(pid).includes(abandoned!))),
      ({ length }) => length === 0
    )
    const next = yield* startHost
    assert.isFalse(existsSync(abandoned!))
    assert.deepStrictEqual([ofHost(next.pid).length, ofHost(process.pid).length], [1, 1])
  }).pipe(Effect.scoped, Effect.provide(Broker.layer({ policyWarnings: "ignore" }), { local: true })))
