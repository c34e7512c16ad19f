import { fromDomPort, fromMessagePortMain, fromNodePort, fromRendererPort, type Port } from "@spawnbroker/client/ports"
import { Port as AnyPort } from "@spawnbroker/protocol"
import { assert, describe, it } from "@effect/vitest"
import { setImmediate as turn, setTimeout as timer } from "node:timers/promises"
import { MessageChannel as NodeChannel } from "node:worker_threads"
import { MessageChannel as PageChannel, MessageChannelMain, moveToPage } from "../../src/electron/index.ts"

interface Pair {
  readonly ours: Port
  readonly theirs: Port
}

/** Both ends adapted, for each kind. */
const kinds: ReadonlyArray<readonly [kind: string, make: () => Pair]> = [
  [
    "Node",
    () => {
      const { port1, port2 } = new NodeChannel()
      return { ours: fromNodePort(port1), theirs: fromNodePort(port2) }
    }
  ],
  [
    "DOM",
    () => {
      const { port1, port2 } = new MessageChannel()
      return { ours: fromDomPort(port1), theirs: fromDomPort(port2) }
    }
  ],
  [
    "Electron's main process",
    () => {
      const { port1, port2 } = new MessageChannelMain()
      return {
        ours: fromMessagePortMain(port1, MessageChannelMain),
        theirs: fromMessagePortMain(port2, MessageChannelMain)
      }
    }
  ],
  [
    "a window of Electron",
    () => {
      const { port1, port2 } = new MessageChannelMain()
      return {
        ours: fromRendererPort(moveToPage(port2), PageChannel),
        theirs: fromMessagePortMain(port1, MessageChannelMain)
      }
    }
  ]
]

const electronKinds = kinds.filter(([kind]) => kind.includes("Electron"))

const heard = (port: Port, type: "message" | "close"): { readonly events: Array<any>; readonly next: Promise<any> } => {
  const events: Array<any> = []
  const { promise: next, resolve } = Promise.withResolvers<any>()
  port.addEventListener(type, (event) => {
    events.push(event)
    resolve(event)
  })
  return { events, next }
}

/** Long enough for what is under way within this thread. */
const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn()
  // Timers of no length that were set before this one have fired, too.
  await timer(0)
}

describe("every adapted port", () => {
  it.each(kinds)("delivers what was sent before anybody listened: %s", async (_, make) => {
    const { ours, theirs } = make()
    ours.postMessage({ number: 1 })
    const { next } = heard(theirs, "message")
    theirs.start?.()
    assert.deepStrictEqual((await next).data, { number: 1 })
    ours.close()
  })

  it.each(kinds)("tells a close once to the end that closes, and once to the other: %s", async (_, make) => {
    const { ours, theirs } = make()
    const here = heard(ours, "close")
    const there = heard(theirs, "close")
    ours.start?.()
    theirs.start?.()
    ours.close()
    ours.close()
    await Promise.all([here.next, there.next])
    theirs.close()
    await settle()
    assert.deepStrictEqual([here.events.length, there.events.length], [1, 1])
  })

  it.each(kinds)("hears no more with a listener that was removed: %s", async (_, make) => {
    const { ours, theirs } = make()
    const removed: Array<unknown> = []
    const listener = (event: unknown): void => void removed.push(event)
    theirs.addEventListener("message", listener)
    theirs.removeEventListener("message", listener)
    const { next } = heard(theirs, "message")
    theirs.start?.()
    ours.postMessage("x")
    await next
    assert.deepStrictEqual(removed, [])
    ours.close()
  })

  it.each(kinds)("moves an end of a channel of its own kind, and messages pass through it: %s", async (_, make) => {
    const { ours, theirs } = make()
    const channel = ours.createChannel?.() ?? (new NodeChannel() as unknown as { port1: Port; port2: Port })
    const { next } = heard(theirs, "message")
    theirs.start?.()
    ours.postMessage({ list: ["before", { here: channel.port2 }] }, [channel.port2])
    const arrived: Port = (await next).data.list[1].here
    const answered = heard(channel.port1, "message")
    channel.port1.start?.()
    arrived.postMessage("through")
    assert.strictEqual((await answered.next).data, "through")
    ours.close()
    channel.port1.close()
  })
})

describe("an Electron port", () => {
  it.each(electronKinds)("waits for start: %s", async (_, make) => {
    const { ours, theirs } = make()
    const { events, next } = heard(theirs, "message")
    ours.postMessage(1)
    await settle()
    assert.deepStrictEqual(events, [])
    theirs.start?.()
    assert.strictEqual((await next).data, 1)
    ours.close()
  })

  it.each(electronKinds)("copies the buffers that its caller would transfer: %s", async (_, make) => {
    const { ours, theirs } = make()
    const bytes = new Uint8Array([1, 2, 3])
    const { next } = heard(theirs, "message")
    theirs.start?.()
    ours.postMessage([{ bytes }], [bytes.buffer])
    assert.deepStrictEqual([...(await next).data[0].bytes], [1, 2, 3])
    assert.strictEqual(bytes.byteLength, 3)
    ours.close()
  })

  it.each(electronKinds)("refuses to move what is no port of its kind: %s", (_, make) => {
    const { ours } = make()
    const { port1 } = new NodeChannel()
    assert.throws(() => ours.postMessage({ port1 }, [port1]), /Only ports of the same kind/)
    ours.close()
    port1.close()
  })

  it.each(electronKinds)("does not send a marker beside a port, nor a port without a place: %s", (_, make) => {
    const { ours } = make()
    const { port2 } = ours.createChannel!()
    assert.throws(() => ours.postMessage({ port2, forged: { $port: 0 } }, [port2]), /cannot hold the marker/)
    assert.throws(() => ours.postMessage({}, [port2]), /must stand in its message/)
    ours.close()
  })

  it("closes a port that comes without a place in the message", async () => {
    const { port1, port2 } = new MessageChannelMain()
    const moved = new MessageChannelMain()
    const { next } = heard(fromMessagePortMain(port1, MessageChannelMain), "message")
    const isClosed = new Promise<void>((resolve) => void moved.port1.on("close", resolve))
    port1.start()
    port2.postMessage({ some: "message" }, [moved.port2])
    assert.deepStrictEqual((await next).data, { some: "message" })
    await isClosed
    port2.close()
  })
})

describe("markers", () => {
  const port = { name: "a port" }
  const cyclic: Record<string, unknown> = { marker: { $port: 0 } }
  cyclic["self"] = cyclic

  const refused: ReadonlyArray<readonly [title: string, message: unknown]> = [
    ["none", { a: 1 }],
    ["one that names a port that did not come", { a: { $port: 1 } }],
    ["one below zero", { a: { $port: -1 } }],
    ["one that is no number", { a: { $port: "0" } }],
    ["one that names a property of the list", { a: { $port: "length" } }],
    ["two for one port", { a: { $port: 0 }, b: { $port: 0 } }],
    ["one with more in it", { a: { $port: 0, more: 1 } }],
    ["one and a port that did not come", { a: { $port: 0 }, b: { $port: 1 } }],
    ["one as the whole message", { $port: 0 }],
    ["one in a message without an end", cyclic],
    ["one in a list of many", [{ $port: 0 }, ...Array.from({ length: 100 }, () => 0)]],
    ["one in what is not plain", new Map([["a", { $port: 0 }]])]
  ]

  it.each(refused)("that do not match the ports change nothing: %s", (_, message) => {
    const before = structuredClone(message)
    assert.isFalse(AnyPort.fromMarkers(message, [port]))
    assert.deepStrictEqual(message, before)
  })

  it("that name a property which is not the message's own reach no prototype", () => {
    const message = JSON.parse('{ "__proto__": { "$port": 0 } }') as object
    assert.isTrue(AnyPort.fromMarkers(message, [port]))
    assert.strictEqual(Object.getPrototypeOf(message), Object.prototype)
    assert.isUndefined(({} as Record<string, unknown>)["name"])
  })

  it("that were put in are the ones that are taken out", () => {
    const other = { name: "another" }
    const message = structuredClone(AnyPort.toMarkers({ a: [port], b: { c: other } }, [other, port]))
    assert.isTrue(AnyPort.fromMarkers(message, [other, port]))
    assert.deepStrictEqual(message, { a: [port], b: { c: other } })
  })
})
