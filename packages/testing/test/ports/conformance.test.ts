import { fromDomPort, fromMessagePortMain, fromNodePort, fromRendererPort } from "@spawnbroker/client/ports"
import * as Effect from "effect/Effect"
import { portSuite } from "../../src/conformance/port.ts"
import { MessageChannel as PageChannel, MessageChannelMain, moveToPage } from "../../src/electron/index.ts"
import { connectUnixSocket } from "../../src/sockets.ts"
import { connectWebSocket } from "../../src/web-sockets.ts"

portSuite("Node", (broker) => Effect.map(broker.openPort(), fromNodePort))
// The global MessagePort of Node is its DOM's; only its DOM face is used.
portSuite("DOM", (broker) => Effect.map(broker.openPort(), fromDomPort))

portSuite("Electron, a window (double), through the bridge", (broker) => {
  const { port1, port2 } = new MessageChannelMain()
  return Effect.as(broker.attachPort(port1), fromRendererPort(moveToPage(port2), PageChannel))
})

portSuite("Electron, the main process (double), through the bridge", (broker) => {
  const { port1, port2 } = new MessageChannelMain()
  return Effect.as(broker.attachPort(port1), fromMessagePortMain(port2, MessageChannelMain))
})

portSuite("UNIX socket", connectUnixSocket)

portSuite("WebSocket", connectWebSocket)
