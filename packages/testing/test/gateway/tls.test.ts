import { assert, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { fromWebSocket } from "@spawnbroker/client/ports"
import { Gateway } from "@spawnbroker/gateway"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { get } from "node:https"
import { join } from "node:path"
import { WebSocket } from "ws"
import { temporaryDirectory, testPolicy } from "../../src/harness.ts"

const openssl = "/usr/bin/openssl"

/** A certificate for 127.0.0.1 that nobody but this test knows. */
const makeCertificate = Effect.gen(function* () {
  const directory = yield* temporaryDirectory
  const broker = yield* Broker.start({ policyWarnings: "ignore" })
  const policy = { subject: "openssl", commands: [{ command: openssl, args: true as const }], cwd: [directory] }
  const client = yield* Client.connect(yield* broker.openPort(), yield* broker.mint(policy))
  const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1".split(" ")
  const files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
  yield* client.run(openssl, [...args, ...files], { cwd: directory, check: true })
  const read = (name: string): string => readFileSync(join(directory, name), "utf8")
  return { key: read("key.pem"), cert: read("cert.pem") }
})

it.live.skipIf(!existsSync(openssl))(
  "with a certificate everything is served over TLS, and the browser is told to stay there",
  () =>
    Effect.gen(function* () {
      const tls = yield* makeCertificate
      const broker = yield* Broker.start({ policyWarnings: "ignore" })
      const { url, webSocketUrl } = yield* Gateway.start(broker, { tls })
      assert.match(url, /^https:/)
      const { headers } = yield* Effect.promise(async () => {
        const asked = get(`${url}health/live`, { ca: tls.cert, agent: false })
        return ((await once(asked, "response")) as [import("node:http").IncomingMessage])[0].resume()
      })
      assert.include(headers["strict-transport-security"], "max-age=")
      const token = yield* broker.mint(testPolicy)
      const socket = new WebSocket(webSocketUrl, ["spawnbroker.1", `spawnbroker.token.${token}`], { ca: tls.cert })
      yield* Effect.promise(() => once(socket, "open"))
      const client = yield* Client.connect(fromWebSocket(socket), token)
      assert.strictEqual((yield* client.run("printf", ["safe"])).stdout, "safe")
    }).pipe(Effect.scoped)
)
