/** Processes in the background, through the face without Effect. What they do is said in `conformance/background.ts`. */
import { InvalidArgument, PermissionDenied, ProcessNotFound } from "@spawnbroker/client/promise"
import { assert, describe, it } from "@effect/vitest"
import { promiseHost } from "./promise-host.ts"

const { open } = promiseHost()

const textOf = async (values: AsyncIterable<string>): Promise<string> => {
  const lines: Array<string> = []
  for await (const line of values) lines.push(line)
  return lines.join("|")
}

describe("the promise face", () => {
  it("starts, lists, reads and kills in the background", async () => {
    await using client = await open({ shell: true })
    const id = await client.start("echo out; echo err >&2; exec sleep 60")
    let stdout = ""
    let stderr = ""
    while (stdout === "" || stderr === "") {
      const part = await client.readOutput(id)
      assert.isTrue(part.running)
      stdout += part.stdout
      stderr += part.stderr
    }
    assert.deepStrictEqual([stdout, stderr], ["out\n", "err\n"])
    assert.deepStrictEqual(
      (await client.list()).map((info) => info.id),
      [id]
    )
    await client.kill({ id })
    await using handle = await client.attach(id)
    assert.deepStrictEqual(await handle.wait(), { _tag: "Signaled", signal: "SIGTERM" })
  })

  it("attaches to a process: what is kept first, and stdin too", async () => {
    await using client = await open()
    await using first = await client.spawn("sh", { args: ["-c", "echo up; read line; echo $line"] })
    for await (const line of first.stdout) {
      assert.strictEqual(line, "up")
      break
    }
    const second = await client.attach(first.id)
    await second.stdin.write("go\n")
    assert.strictEqual(await textOf(second.stdout), "up|go")
    await second.release()
    assert.strictEqual(await textOf(first.stdout), "go")
  })

  it("goes on where an earlier handle has stopped, with the line of which that has not handed out all", async () => {
    await using client = await open()
    await using first = await client.spawn("sh", { args: ["-c", "printf 'one\ntwo\nthr'; read line; echo ee"] })
    const { promise, resolve } = Promise.withResolvers<void>()
    const lines: Array<string> = []
    const reading = (async () => {
      for await (const line of first.stdout) {
        lines.push(line)
        if (lines.length === 2) resolve()
      }
    })()
    await promise
    assert.deepStrictEqual(first.offsets(), { stdout: 8, stderr: 0 })
    await using second = await client.attach(first.id, { from: first.offsets() })
    assert.deepStrictEqual(second.gone, { stdout: 0, stderr: 0 })
    await second.stdin.write("\n")
    assert.strictEqual(await textOf(second.stdout), "three")
    await reading
    assert.deepStrictEqual(lines, ["one", "two", "three"])
    const late = await client.attach(first.id, { from: { stdout: 99 } }).catch((error: unknown) => error)
    assert.instanceOf(late, InvalidArgument)
  })

  it("detaches: the release of the handle, and its signal, end nothing", async () => {
    await using client = await open()
    const abort = new AbortController()
    const process = await client.spawn("sleep", { args: ["60"], signal: abort.signal })
    await process.detach()
    abort.abort()
    await process.release()
    assert.strictEqual((await client.get(process.id)).state, "running")
    await client.kill({ id: process.id })
  })

  it("reads, sets and restores the default shell, where the policy has one", async () => {
    await using client = await open({ shell: true })
    await client.setDefaultShell({ program: "printf", args: ["<%s>"] })
    assert.deepStrictEqual(await client.defaultShell(), { program: "printf", args: ["<%s>"] })
    assert.strictEqual((await client.run("a line", { shell: true })).stdout, "<a line>")
    await client.setDefaultShell(null)
    assert.strictEqual((await client.run("printf b", { shell: true })).stdout, "b")
    await using other = await open()
    const denied = await other.setDefaultShell(null).catch((error: unknown) => error)
    assert.instanceOf(denied, PermissionDenied)
  })

  it("knows no process of another token", async () => {
    await using owner = await open()
    await using stranger = await open()
    const process = await owner.spawn("sleep", { args: ["60"] })
    for (const attempt of [() => stranger.attach(process.id), () => stranger.readOutput(process.id)]) {
      assert.instanceOf(await attempt().catch((error: unknown) => error), ProcessNotFound)
    }
  })
})
