/** Every subject that runs in Node does what a scenario relies on. */
import { existsSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type SubjectName, subjectNames, subjects } from "../src/subjects/index.ts"
import type { Subject } from "../src/subjects/Subject.ts"

const inNode = subjectNames.filter((name) => subjects[name].runtime === "node")

describe.each(inNode)("%s", (name: SubjectName) => {
  let subject: Subject
  beforeAll(async () => {
    subject = await (await subjects[name].load())()
  })
  afterAll(() => subject.close())

  it("runs a command to its end, and sees every byte", async () => {
    let bytes = 0
    await subject.run("head", ["-c", "1000000", "/dev/zero"], (length) => (bytes += length))
    expect(bytes).toBe(1_000_000)
  })

  it("counts lines", async () => {
    expect(await subject.countLines?.("seq", ["12345"])).toBe(12_345)
  })

  it("writes to a process that stays, reads its answer, and stops it", async () => {
    let missing = 300
    let arrived = (): void => {}
    const answered = new Promise<void>((resolve) => (arrived = resolve))
    const cat = await subject.start("cat", [], (length) => {
      missing -= length
      if (missing === 0) arrived()
    })
    for (let count = 0; count < 3; count++) cat.write(new Uint8Array(100))
    await answered
    await cat.status?.()
    expect(existsSync(`/proc/${cat.pid}`)).toBe(true)
    await cat.stop()
    expect(existsSync(`/proc/${cat.pid}`)).toBe(false)
  })

  it("stops a process whose output nobody reads", async () => {
    const { pid, stop } = await subject.startUnread("cat", ["/dev/zero"])
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    await stop()
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })
})
