/** What becomes of clients whose connection to the gateway is lost. */
import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client, type ProcessHandle } from "@spawnbroker/client"
import { Gateway } from "@spawnbroker/gateway"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { eventually, testPolicy, waitForLine } from "../../src/harness.ts"

/** A cable between a client and the gateway, which can be cut. */
const cable = Effect.acquireRelease(
  Effect.promise(async () => {
    let target = 0
    const open = new Set<Socket>()
    const server = createServer((near) => {
      const far = connect(target, "127.0.0.1")
      for (const [from, to] of [
        [near, far],
        [far, near]
      ] as const) {
        open.add(from)
        from.on("error", () => {}).on("close", () => to.destroy())
        from.pipe(to)
      }
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    const cut = (): void => {
      for (const socket of open) socket.destroy()
      open.clear()
    }
    const { port } = server.address() as AddressInfo
    return { port, lead: (url: string) => void (target = Number(new URL(url).port)), cut, server }
  }),
  ({ server, cut }) =>
    Effect.sync(() => {
      server.close()
      cut()
    })
)

const keeping = { ...testPolicy, disconnect: "keep" } as const

/** The numbers that come, until there are no more, or none can come any more. */
const numbersOf = (process: ProcessHandle, seen: Array<number>) =>
  Effect.exit(Stream.runForEach(process.stdoutLines, (line) => Effect.sync(() => void seen.push(Number(line)))))

it.live("a client whose connection is cut connects again, and finds what it has left, without a gap", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { port, lead, cut } = yield* cable
    const gateway = yield* Gateway.start(broker, { hosts: [`127.0.0.1:${port}`] })
    lead(gateway.webSocketUrl)
    const client = yield* Client.connectWebSocket(`ws://127.0.0.1:${port}/ws`, yield* broker.mint(keeping))
    const counting = "for i in $(seq 500); do echo $i; done; read line; for i in $(seq 501 1000); do echo $i; done"
    const process = yield* client.spawn("sh", ["-c", counting])
    const before: Array<number> = []
    const reading = yield* Effect.forkChild(numbersOf(process, before))
    yield* eventually(
      "half of it has come",
      Effect.sync(() => before.length),
      (count) => count === 500
    )
    cut()
    assert.isTrue(Exit.isFailure(yield* Fiber.join(reading)))
    assert.strictEqual((yield* Effect.flip(process.exit))._tag, "BrokerUnavailable")
    const again = yield* client.attach(process.id)
    yield* again.write("\n")
    const all: Array<number> = []
    assert.isTrue(Exit.isSuccess(yield* numbersOf(again, all)))
    assert.deepStrictEqual(
      all,
      Array.from({ length: 1000 }, (_, index) => index + 1)
    )
    assert.deepStrictEqual(before, all.slice(0, 500))
    assert.deepStrictEqual(yield* again.exit, { _tag: "Exited", code: 0 })
  }).pipe(Effect.scoped)
)

/** What `seq` prints. */
const counted = (last: number): string => Array.from({ length: last }, (_, index) => `${index + 1}\n`).join("")

/** For each line that it is given it counts on by so much, on both outputs at once. */
const ROUND = 3000
const ROUNDS = 40
const countingRounds = `
i=0
while [ $i -lt ${ROUND * ROUNDS} ] && read line; do
  seq $((i + 1)) $((i + ${ROUND})) >&2 &
  seq $((i + 1)) $((i + ${ROUND}))
  wait
  i=$((i + ${ROUND}))
done`

/** Up to the next cut: less than comes of a round. */
const BYTES_OF_A_CONNECTION = 10_000

it.live("a client whose connection is cut dozens of times goes on from where it was: no gap, and no repeat", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { port, lead, cut } = yield* cable
    const gateway = yield* Gateway.start(broker, { hosts: [`127.0.0.1:${port}`] })
    lead(gateway.webSocketUrl)
    const client = yield* Client.connectWebSocket(`ws://127.0.0.1:${port}/ws`, yield* broker.mint(keeping))
    const id = yield* client.start(["sh", "-c", countingRounds], { stdin: "pipe" })
    const seen = { stdout: "", stderr: "" }
    let from = { stdout: 0, stderr: 0 }
    let cuts = 0
    const readToCut = Effect.gen(function* () {
      const process = yield* client.attach(id, { from })
      assert.deepStrictEqual(process.gone, { stdout: 0, stderr: 0 })
      let left = BYTES_OF_A_CONNECTION
      // The line may be lost with the connection, or come too late.
      yield* Effect.ignore(process.write("\n"))
      const take = (stream: "stdout" | "stderr") =>
        Stream.runForEach(process[stream], (bytes) =>
          Effect.sync(() => {
            seen[stream] += Buffer.from(bytes).toString("latin1")
            if (left > 0 && (left -= bytes.byteLength) <= 0) {
              cuts++
              cut()
            }
          })
        )
      // Each reads to its end, or to that of the connection: what has been taken has been seen then.
      const ends = yield* Effect.all([Effect.exit(take("stdout")), Effect.exit(take("stderr"))], { concurrency: 2 })
      from = yield* process.offsets
      return ends.every(Exit.isSuccess)
    }).pipe(
      Effect.scoped,
      Effect.retry({ while: ({ _tag }) => _tag === "BrokerUnavailable", schedule: Schedule.spaced("20 millis") })
    )
    yield* Effect.repeat(readToCut, { until: (isOver) => isOver })
    assert.isAtLeast(cuts, ROUNDS - 1)
    const expected = counted(ROUND * ROUNDS)
    assert.isTrue(seen.stdout === expected, "a gap, or a repeat, on stdout")
    assert.isTrue(seen.stderr === expected, "a gap, or a repeat, on stderr")
  }).pipe(Effect.scoped)
)

it.live("a client outlives its gateway, and listens to facts on when there is another one", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const first = yield* Scope.make()
    const { webSocketUrl } = yield* Scope.provide(Gateway.start(broker), first)
    const client = yield* Client.connectWebSocket(webSocketUrl, yield* broker.mint(keeping))
    const heard: Array<string> = []
    yield* Effect.forkScoped(
      Stream.runForEach(client.events({ types: ["ProcessClosed"] } as never), ({ _tag }) =>
        Effect.sync(() => heard.push(_tag))
      )
    )
    yield* Scope.close(first, Exit.void)
    yield* Gateway.start(broker, { port: Number(new URL(webSocketUrl).port) })
    assert.strictEqual((yield* client.run("printf", ["back"])).stdout, "back")
    yield* Effect.suspend(() => client.run("true")).pipe(
      Effect.andThen(Effect.sync(() => heard.length)),
      Effect.repeat({ until: (count) => count > 0 })
    )
  }).pipe(Effect.scoped)
)

it.live("a client whose token is revoked is told so, and tries no more", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { webSocketUrl } = yield* Gateway.start(broker)
    const token = yield* broker.mint(keeping)
    const client = yield* Client.connectWebSocket(webSocketUrl, token)
    const process = yield* client.spawn("sh", ["-c", "echo ready; exec sleep 1000"])
    yield* waitForLine(process, "ready")
    yield* broker.revoke(token, { kill: true })
    const refusal = yield* Effect.flip(client.list())
    assert.deepInclude(refusal, { _tag: "InvalidToken", reason: "revoked" })
  }).pipe(Effect.scoped)
)

it.live("calls that are under way when the token is revoked are answered, or refused for that", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { webSocketUrl } = yield* Gateway.start(broker)
    for (let round = 0; round < 20; round++) {
      const token = yield* broker.mint(keeping)
      const client = yield* Client.connectWebSocket(webSocketUrl, token)
      const revoking = yield* Effect.forkChild(broker.revoke(token), { startImmediately: true })
      const outcomes = yield* Effect.all(
        Array.from({ length: 50 }, () => Effect.exit(Effect.andThen(Effect.yieldNow, client.list()))),
        { concurrency: "unbounded" }
      )
      yield* Fiber.join(revoking)
      for (const outcome of outcomes) {
        if (Exit.isFailure(outcome)) {
          assert.deepInclude(Cause.squash(outcome.cause), { _tag: "InvalidToken", reason: "revoked" })
        }
      }
    }
  }).pipe(Effect.scoped)
)

it.live("an address where there is no gateway, or that is none, is an error at once", () =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const scope = yield* Scope.make()
    const { webSocketUrl } = yield* Scope.provide(Gateway.start(broker), scope)
    yield* Scope.close(scope, Exit.void)
    const token = yield* broker.mint(testPolicy)
    const gone = yield* Effect.flip(Client.connectWebSocket(webSocketUrl, token))
    assert.strictEqual(gone._tag, "BrokerUnavailable")
    assert.include(gone.message, "cannot be reached")
    for (const url of ["nowhere", "file:///ws", "ftp://127.0.0.1/ws"]) {
      assert.strictEqual((yield* Effect.flip(Client.connectWebSocket(url, token)))._tag, "InvalidArgument")
    }
  }).pipe(Effect.scoped)
)
