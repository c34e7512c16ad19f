/** The double keeps what Electron's documentation says, so that what passes over it means something. */
import { assert, describe, it } from "@effect/vitest"
import { setImmediate as turn } from "node:timers/promises"
import { MessageChannel as PageChannel, MessageChannelMain, moveToPage } from "../../src/electron/index.ts"

const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn()
}

const pair = () => {
  const { port1, port2 } = new MessageChannelMain()
  const events: Array<any> = []
  port1.on("message", (event) => events.push(event))
  port1.start()
  return { main: port1, page: moveToPage(port2), events }
}

describe("the double of Electron's ports", () => {
  it("gives the main process `{ data, ports }`, and the page an event with `ports`", async () => {
    const { main, page, events } = pair()
    const channel = new PageChannel()
    page.postMessage("up", [channel.port2])
    // It starts the port, as in a page.
    // oxlint-disable-next-line unicorn/prefer-add-event-listener
    const arrived = new Promise<any>((resolve) => (page.onmessage = resolve))
    main.postMessage("down", [new MessageChannelMain().port1])
    const event = await arrived
    await settle()
    assert.deepStrictEqual([event.data, event.ports.length], ["down", 1])
    assert.deepStrictEqual([events[0].data, events[0].ports.length], ["up", 1])
    main.close()
  })

  it("loses a message for which a page transfers a buffer, or which holds a port", async () => {
    const { main, page, events } = pair()
    const buffer = new ArrayBuffer(8)
    const { port1, port2 } = new PageChannel()
    page.postMessage({ buffer }, [buffer])
    page.postMessage({ port2 }, [port2])
    await settle()
    assert.deepStrictEqual(
      events.map(({ data }) => data),
      [null, null]
    )
    assert.strictEqual(buffer.byteLength, 0)
    main.close()
    port1.close()
  })

  it("takes ports, and nothing else, in the main process's transfer list", () => {
    const { main } = pair()
    const { port1, port2 } = new MessageChannelMain()
    const buffer = new ArrayBuffer(8)
    assert.throws(() => main.postMessage({}, [buffer]), /not a valid port/)
    assert.throws(() => main.postMessage({}, [port1, port1]), /duplicate/)
    assert.throws(() => main.postMessage({}, [main]), /source port/)
    assert.throws(() => main.postMessage({ port1 }), /clone/)
    main.postMessage({}, [port1])
    assert.throws(() => main.postMessage({}, [port1]), /neutered/)
    assert.doesNotThrow(() => port1.postMessage("nobody hears this"))
    assert.strictEqual(buffer.byteLength, 8)
    main.close()
    port2.close()
  })

  it("tells a close to the other end only, after the last message", async () => {
    const { main, page, events } = pair()
    const closes: Array<string> = []
    page.addEventListener("close", () => closes.push("page"))
    main.on("close", () => closes.push(`main, after ${events.length}`))
    page.postMessage("last")
    page.close()
    await settle()
    assert.deepStrictEqual(closes, ["main, after 1"])
  })
})
