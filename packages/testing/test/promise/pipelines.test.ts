/** Pipelines through the face without Effect. What they do is said in `conformance/pipelines.ts`. */
import { NotFound, PipelineResult, RunFailed } from "@spawnbroker/client/promise"
import { assert, describe, it } from "@effect/vitest"
import { promiseHost, rejection } from "./promise-host.ts"

const { open } = promiseHost()

const succeeded = { _tag: "Exited", code: 0 } as const

describe("the promise face", () => {
  it("starts a pipeline, writes to its first stage and reads its last", async () => {
    await using client = await open()
    await using pipeline = await client.pipeline([{ command: "cat" }, { command: "cat" }])
    await pipeline.stdin.write("one\ntwo\n")
    await pipeline.stdin.end()
    const lines: Array<string> = []
    for await (const line of pipeline.stdout) lines.push(line)
    assert.deepStrictEqual(lines, ["one", "two"])
    assert.deepStrictEqual(await pipeline.wait(), succeeded)
    assert.deepStrictEqual(await pipeline.waitAll(), [succeeded, succeeded])
    assert.strictEqual(pipeline.stages.length, 2)
  })

  it("runs a pipeline to its end, and tells of each stage", async () => {
    await using client = await open()
    const result = await client.runPipeline([{ command: "cat" }, { command: "wc", args: ["-c"] }], { stdin: "four" })
    assert.instanceOf(result, PipelineResult)
    assert.strictEqual(result.stdout.trim(), "4")
    assert.deepStrictEqual(result.exits, [succeeded, succeeded])
    const failing = [{ command: "cat", args: ["/none"] }, { command: "cat" }]
    assert.instanceOf(await rejection(client.runPipeline(failing, { check: true })), RunFailed)
  })

  it("ends all stages by a signal, by `stop` and by `release`", async () => {
    await using client = await open()
    const stages = [{ command: "sleep", args: ["1000"] }, { command: "cat" }]
    const controller = new AbortController()
    const aborted = await client.pipeline(stages, { signal: controller.signal })
    controller.abort()
    assert.strictEqual((await aborted.waitAll())[0]!._tag, "Signaled")
    const stopped = await client.pipeline(stages)
    assert.deepStrictEqual((await stopped.stop()).length, 2)
    const released = await client.pipeline(stages)
    await released.release()
    assert.isEmpty((await client.list()).filter(({ state }) => state === "running"))
    const reason = new Error("enough")
    const running = client.runPipeline(stages, { signal: AbortSignal.any([AbortSignal.timeout(50)]) })
    assert.strictEqual(((await rejection(running)) as Error).name, "TimeoutError")
    assert.strictEqual(await rejection(client.pipeline(stages, { signal: AbortSignal.abort(reason) })), reason)
  })

  it("rejects with the error of a stage, and which it was", async () => {
    await using client = await open()
    const error = await rejection(client.pipeline([{ command: "cat" }, { command: process.execPath + "-not" }]))
    assert.notInstanceOf(error, NotFound)
    assert.strictEqual((error as { readonly stage?: number }).stage, 1)
  })
})
