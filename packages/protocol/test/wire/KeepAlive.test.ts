import { MessageChannel } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { KeepAlive } from "../../src/wire/KeepAlive.ts"
import { listenTo } from "../../src/wire/listen-to.ts"
import type { Port } from "../../src/wire/Port.ts"

const withPort = (test: (port: Port & { hasRef(): boolean }) => void): void => {
  const { port1 } = new MessageChannel()
  const port = port1 as unknown as Port & { hasRef(): boolean }
  listenTo(port, { message: () => {} })
  test(port)
  port.close()
}

describe("what keeps the loop alive", () => {
  it("is a port that is listened to, until it is said otherwise", () =>
    withPort((port) => {
      assert.isTrue(port.hasRef())
      const keepAlive = new KeepAlive(port)
      assert.isFalse(port.hasRef())
      keepAlive.hold()
      assert.isTrue(port.hasRef())
    }))

  it("is a port for which there is a reason, or more than one", () =>
    withPort((port) => {
      const keepAlive = new KeepAlive(port)
      keepAlive.hold()
      keepAlive.hold()
      keepAlive.release()
      assert.isTrue(port.hasRef())
      keepAlive.release()
      assert.isFalse(port.hasRef())
      keepAlive.hold()
      assert.isTrue(port.hasRef())
    }))

  it("is never a port that has no say in it", () => {
    const domPort = {
      postMessage: () => {},
      addEventListener: () => {},
      removeEventListener: () => {},
      close: () => {}
    }
    const keepAlive = new KeepAlive(domPort)
    keepAlive.hold()
    keepAlive.release()
  })
})
