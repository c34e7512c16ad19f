/** What the streams of the host do for several clients at once, over a source and a sink that do what the test says. */
import { assert, describe, it } from "@effect/vitest"
import { EAGER_BYTES } from "@spawnbroker/protocol"
import { HostInput } from "../../../src/worker/host-stdio/HostInput.ts"
import { HostOutput } from "../../../src/worker/host-stdio/HostOutput.ts"
import type { ByteSink, ByteSource } from "../../../src/worker/spawn/Spawner.ts"

class ScriptedSource implements ByteSource {
  #listener: Parameters<ByteSource["start"]>[0] | undefined
  isReading = false
  start(listener: Parameters<ByteSource["start"]>[0]): void {
    this.#listener = listener
  }
  pause(): void {
    this.isReading = false
  }
  resume(): void {
    this.isReading = true
  }
  destroy(): void {}
  say(bytes: number): void {
    assert.isTrue(this.isReading, "it is not being read")
    this.#listener!.data(new Uint8Array(bytes))
  }
  end(): void {
    this.#listener!.end()
  }
}

class ScriptedSink implements ByteSink {
  readonly #writes: Array<() => void> = []
  #onClosed = (_errno: string | undefined): void => {}
  write(_chunk: Uint8Array, written: () => void): void {
    this.#writes.push(written)
  }
  end(): void {
    assert.fail("the host's own stream has been ended")
  }
  onClosed(listener: (errno: string | undefined) => void): void {
    this.#onClosed = listener
  }
  destroy(): void {}
  take(): void {
    this.#writes.shift()!()
  }
  break(errno: string): void {
    this.#onClosed(errno)
  }
}

const listener = () => {
  const seen: Array<string> = []
  return {
    seen,
    data: (chunk: Uint8Array, offset: number) => void seen.push(`${chunk.byteLength} from ${offset}`),
    end: () => void seen.push("end")
  }
}

describe("stdin of the host", () => {
  it("is read only as far as its reader has credit", () => {
    const source = new ScriptedSource()
    const input = new HostInput(source)
    const one = listener()
    const reader = input.open(one)!
    source.say(EAGER_BYTES)
    assert.isFalse(source.isReading)
    reader.grant(10)
    source.say(1000)
    assert.isFalse(source.isReading)
    // However much it claims to have taken.
    reader.grant(Number.MAX_SAFE_INTEGER)
    source.say(EAGER_BYTES)
    assert.isFalse(source.isReading)
    assert.deepStrictEqual(one.seen, [
      `${EAGER_BYTES} from 0`,
      `1000 from ${EAGER_BYTES}`,
      `${EAGER_BYTES} from ${EAGER_BYTES + 1000}`
    ])
  })

  it("has one reader at a time, is left alone without one, and tells a later one of its end", () => {
    const source = new ScriptedSource()
    const input = new HostInput(source)
    const [one, two, three] = [listener(), listener(), listener()]
    const first = input.open(one)!
    assert.isUndefined(input.open(two))
    source.say(3)
    first.leave()
    assert.isFalse(source.isReading)
    const second = input.open(two)!
    // One that has left already takes nobody else's place away.
    first.leave()
    source.say(4)
    source.end()
    second.leave()
    input.open(three)
    assert.deepStrictEqual([one.seen, two.seen, three.seen], [["3 from 0"], ["4 from 0", "end"], ["end"]])
  })
})

describe("an output of the host", () => {
  const open = (output: HostOutput) => {
    const share = output.open()
    const seen: Array<string | undefined> = []
    share.onClosed((errno) => void seen.push(errno))
    return { share, seen }
  }

  it("tells each writer of its own end once all of its bytes have been taken, and is never ended", () => {
    const sink = new ScriptedSink()
    const output = new HostOutput(sink)
    const [one, two] = [open(output), open(output)]
    one.share.write(new Uint8Array(1), () => {})
    two.share.write(new Uint8Array(1), () => {})
    one.share.write(new Uint8Array(1), () => {})
    one.share.end()
    two.share.destroy()
    sink.take()
    sink.take()
    assert.deepStrictEqual([one.seen, two.seen], [[], []])
    sink.take()
    assert.deepStrictEqual([one.seen, two.seen], [[undefined], []])
  })

  it("that breaks tells everybody why, once, and waits for nothing", async () => {
    const sink = new ScriptedSink()
    const output = new HostOutput(sink)
    const [one, two] = [open(output), open(output)]
    one.share.write(new Uint8Array(1), () => {})
    one.share.end()
    const flushed = output.flushed()
    sink.break("EPIPE")
    await flushed
    assert.isTrue(output.isBroken)
    assert.deepStrictEqual([one.seen, two.seen], [["EPIPE"], ["EPIPE"]])
  })

  it("is waited for by a shutdown also for those who have left", async () => {
    const sink = new ScriptedSink()
    const output = new HostOutput(sink)
    const { share } = open(output)
    share.write(new Uint8Array(1), () => {})
    share.leave()
    let isFlushed = false
    const flushed = output.flushed().then(() => (isFlushed = true))
    await Promise.resolve()
    assert.isFalse(isFlushed)
    sink.take()
    await flushed
  })
})
