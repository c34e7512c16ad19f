import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { createServer as createHttp, type RequestListener } from "node:http"
import { type AddressInfo, createServer, type Server } from "node:net"
import { httpProbe } from "../../../../src/worker/daemons/probes/http-probe.ts"
import { lineMatcher } from "../../../../src/worker/daemons/probes/log-probe.ts"
import { tcpProbe } from "../../../../src/worker/daemons/probes/tcp-probe.ts"

/** The port of a server that lives as long as the scope. */
const listen = (server: Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )

const serve = (answer: RequestListener) => listen(createHttp(answer))

/** A port where nobody listens. */
const nobody = Effect.scoped(listen(createServer()))

describe("a probe", () => {
  it.live("by tcp succeeds where a connection is taken", () =>
    Effect.gen(function* () {
      const port = yield* listen(createServer((socket) => socket.destroy()))
      yield* tcpProbe("127.0.0.1", port)
      assert.include(yield* Effect.flip(tcpProbe("127.0.0.1", yield* nobody)), "ECONNREFUSED")
    })
  )

  it.live("by http succeeds with a status from 200 to 399, and does not follow a redirection", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const port = yield* serve((request, response) => {
        asked.push(`${request.method} ${request.url}`)
        response.writeHead(Number(request.url!.slice(1)), { location: "/500" }).end("body")
      })
      for (const status of [200, 204, 302, 399]) yield* httpProbe("127.0.0.1", port, `/${status}`)
      for (const status of [400, 404, 500, 503]) {
        assert.include(yield* Effect.flip(httpProbe("127.0.0.1", port, `/${status}`)), String(status))
      }
      assert.deepStrictEqual(asked.slice(0, 3), ["GET /200", "GET /204", "GET /302"])
      assert.strictEqual(asked.length, 8)
      assert.include(yield* Effect.flip(httpProbe("127.0.0.1", yield* nobody, "/")), "ECONNREFUSED")
    })
  )

  it.live("by http reads no more than the head of an answer that never ends", () =>
    Effect.gen(function* () {
      const port = yield* serve((_request, response) => {
        const write = (): void => void response.write("x".repeat(65_536), (cause) => cause == null && write())
        write()
      })
      yield* httpProbe("127.0.0.1", port, "/")
    })
  )

  it.live("that is interrupted lets go of its connection", () =>
    Effect.gen(function* () {
      let closed = (): void => {}
      const gone = new Promise<void>((resolve) => (closed = resolve))
      const port = yield* serve((request) => void request.socket.once("close", closed))
      yield* Effect.timeoutOption(httpProbe("127.0.0.1", port, "/"), "50 millis")
      yield* Effect.promise(() => gone)
    })
  )

  it("by a line takes expressions in linear time only, and none that are large", () => {
    const matcher = Result.getOrThrow(lineMatcher("^listening on :[0-9]+$"))
    assert.deepStrictEqual(["listening on :80", "listening"].map(matcher), [true, false])
    for (const wrong of ["(", "(?=a)", "(a)\\1", "((a{1000}){1000}){1000}"]) {
      assert.isTrue(Result.isFailure(lineMatcher(wrong)), wrong)
    }
    assert.isFalse(Result.getOrThrow(lineMatcher("(a+)+$"))(`${"a".repeat(1000)}b`))
  })
})
