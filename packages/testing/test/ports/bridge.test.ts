/** What a window that keeps no rule can say on an Electron port, and what its broker makes of it. */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { fromRendererPort } from "@spawnbroker/client/ports"
import { PROTOCOL_VERSION } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  MessageChannel as PageChannel,
  MessageChannelMain,
  type MessagePort as PagePort,
  moveToPage
} from "../../src/electron/index.ts"
import { eventually, testPolicy } from "../../src/harness.ts"

const connectCall = (token: string, data: unknown, rest: object = {}) => ({
  id: "1",
  type: "APPLY",
  path: ["connect"],
  argumentList: [{ type: "RAW", value: { payload: { version: PROTOCOL_VERSION, token, data, ...rest } } }]
})

const attached = Effect.gen(function* () {
  const broker = yield* Broker
  const { port1, port2 } = new MessageChannelMain()
  yield* broker.attachPort(port1)
  const token = yield* broker.mint(testPolicy)
  return { broker, main: port1, page: moveToPage(port2), token }
})

/** Says something, and waits for the answer. */
const ask = (page: PagePort, message: unknown, ports: ReadonlyArray<PagePort>) =>
  Effect.callback<any>((resume) => {
    page.addEventListener("message", ({ data }: any) => resume(Effect.succeed(data.value)))
    page.start()
    page.postMessage(message, ports)
  })

const untilClosed = (port: PagePort) =>
  Effect.callback<void>((resume) => {
    port.addEventListener("close", () => resume(Effect.void))
  })

layer(Broker.layer(), { excludeTestServices: true, timeout: "60 seconds" })("the bridge", (it) => {
  it.effect("brings the port to the place of its marker", () =>
    Effect.gen(function* () {
      const { page, token } = yield* attached
      const { port2 } = new PageChannel()
      const reply = yield* ask(page, connectCall(token, { $port: 0 }), [port2])
      assert.deepStrictEqual(reply, { _tag: "Success", value: { subject: testPolicy.subject, shell: false } })
      page.close()
    })
  )

  const forged: ReadonlyArray<readonly [title: string, data: unknown, rest: object, ports: number]> = [
    ["a marker without a port", { $port: 0 }, {}, 0],
    ["a marker of a port that did not come", { $port: 1 }, {}, 1],
    ["two markers of one port", { $port: 0 }, { version: { $port: 0 } }, 1],
    ["two ports", { $port: 0 }, { version: { $port: 1 } }, 2],
    ["a port too many", { $port: 0 }, {}, 2],
    ["a marker with more in it", { $port: 0, more: true }, {}, 1]
  ]

  for (const [title, data, rest, count] of forged) {
    it.effect(`leaves it to the broker to refuse ${title}, and closes what came`, () =>
      Effect.gen(function* () {
        const { broker, page, token } = yield* attached
        const before = (yield* broker.stats).malformedMessages
        const channels = Array.from({ length: count }, () => new PageChannel())
        const closes = channels.map(({ port1 }) => untilClosed(port1))
        const ports = channels.map(({ port2 }) => port2)
        const [reply] = yield* Effect.all([ask(page, connectCall(token, data, rest), ports), ...closes], {
          concurrency: "unbounded"
        })
        assert.strictEqual(reply._tag, "Failure")
        assert.strictEqual(reply.error._tag, "InvalidArgument")
        assert.strictEqual((yield* broker.stats).malformedMessages, before + 1)
        page.close()
      })
    )
  }

  it.effect("closes a port that comes on the data port, and the session goes on", () =>
    Effect.gen(function* () {
      const { page, token } = yield* attached
      const data = new PageChannel()
      const smuggled = new PageChannel()
      yield* ask(page, connectCall(token, { $port: 0 }), [data.port2])
      const smuggledClosed = yield* Effect.forkChild(untilClosed(smuggled.port1), { startImmediately: true })
      data.port1.postMessage([{ _tag: "InputEnd", channel: { $port: 0 }, fd: 0 }], [smuggled.port2])
      yield* Fiber.join(smuggledClosed)
      const reply = yield* ask(page, { ...connectCall(token, 0), path: ["list"], argumentList: noPayload }, [])
      assert.strictEqual(reply._tag, "Success")
      page.close()
    })
  )

  it.effect("closes both ends of both pairs, and leaves no listener behind", () =>
    Effect.gen(function* () {
      const { broker, main, page, token } = yield* attached
      const { sessions } = yield* broker.stats
      const data = new PageChannel()
      yield* ask(page, connectCall(token, { $port: 0 }), [data.port2])
      const dataClosed = yield* Effect.forkChild(untilClosed(data.port1), { startImmediately: true })
      page.close()
      yield* eventually("the session is gone", broker.stats, (seen) => seen.sessions < sessions)
      const listeners = Effect.sync(() => main.listenerCount("message") + main.listenerCount("close"))
      yield* eventually("the bridge listens no more", listeners, (count) => count === 0)
      yield* Fiber.join(dataClosed)
    })
  )

  it.effect("takes no more ports from a window that brings one after the other", () =>
    Effect.gen(function* () {
      const { page } = yield* attached
      const channels = Array.from({ length: 9 }, () => new PageChannel())
      const lastClosed = yield* Effect.forkChild(untilClosed(channels.at(-1)!.port1), { startImmediately: true })
      for (const { port2 } of channels) page.postMessage({ no: "call", data: { $port: 0 } }, [port2])
      yield* Fiber.join(lastClosed)
      page.close()
    })
  )

  it.effect("holds no port of a session that has ended", () =>
    Effect.gen(function* () {
      const { broker } = yield* attached
      const token = yield* broker.mint(testPolicy)
      const session = Effect.gen(function* () {
        const { port1, port2 } = new MessageChannelMain()
        yield* broker.attachPort(port1)
        const client = yield* Client.connect(fromRendererPort(moveToPage(port2), PageChannel), token)
        yield* client.run("true")
      }).pipe(Effect.scoped)
      yield* session
      const openPorts = Effect.sync(
        () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length
      )
      const before = yield* openPorts
      yield* Effect.repeat(session, { times: 5 })
      yield* eventually("every port is closed", openPorts, (count) => count <= before)
    })
  )

  it.effect("tells the window when its token is revoked", () =>
    Effect.gen(function* () {
      const { broker, page, token } = yield* attached
      const client = yield* Client.connect(fromRendererPort(page, PageChannel), token)
      const process = yield* client.spawn("sleep", ["1000"])
      yield* broker.revoke(token, { kill: true })
      assert.strictEqual((yield* Effect.flip(client.list()))._tag, "InvalidToken")
      yield* Effect.exit(process.exit)
    })
  )
})

const noPayload = [{ type: "RAW", value: {} }]
