/**
 * A client that keeps no rule: it says on the raw ports of a session whatever a test gives it, and waits for what the
 * broker answers.
 */
import { Broker } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import { type Policy, PROTOCOL_VERSION, spawnDefaults } from "@spawnbroker/protocol"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { MessageChannel, type MessagePort, type Transferable } from "node:worker_threads"

/** A frame or a reply as it came; a test looks only at what it knows. */
export type Loose = any

/** The command that serves as the bystander's, and a few that attackers may run. */
export const attackerPolicy: Policy = {
  subject: "attacker",
  commands: ["sh", "cat", "true", "sleep", "yes", "env"].map((command) => ({ command, args: true as const })),
  cwd: ["/"]
}

/** A call of an operation as Comlink writes it. */
export const callMessage = (id: string, operation: string, payload?: unknown): Loose => ({
  id,
  type: "APPLY",
  path: [operation],
  argumentList: [{ type: "RAW", value: payload === undefined ? {} : { payload } }]
})

/** A complete specification of a spawn. */
export const specOf = (command: string, args: ReadonlyArray<string> = [], rest: object = {}): Loose => ({
  ...spawnDefaults,
  command,
  args,
  ...rest
})

export class RawClient {
  readonly control: MessagePort
  readonly data: MessagePort
  /** Every frame so far, in order. */
  readonly frames: Array<Loose> = []
  /** Every message of the control port so far. */
  readonly replies: Array<Loose> = []
  /** Resolves once the broker has closed the control port. */
  readonly closed: Promise<void>
  readonly #theirData: MessagePort
  #watchers: Array<() => void> = []
  #lastId = 0

  constructor(control: MessagePort) {
    this.control = control
    const { port1, port2 } = new MessageChannel()
    this.data = port1
    this.#theirData = port2
    control.on("message", (reply: Loose) => this.#saw(() => this.replies.push(reply)))
    port1.on("message", (batch: ReadonlyArray<Loose>) => this.#saw(() => this.frames.push(...batch)))
    this.closed = new Promise((resolve) => control.once("close", () => resolve()))
  }

  /** Calls an operation, and waits for its reply. */
  call(operation: string, payload?: unknown, transfer: ReadonlyArray<Transferable> = []): Promise<Loose> {
    return this.ask(callMessage(this.#nextId(), operation, payload), transfer)
  }

  /** Sends a message of any shape under its own identifier, and waits for the answer to it. */
  async ask(message: Loose, transfer: ReadonlyArray<Transferable> = []): Promise<Loose> {
    const { id = this.#nextId() } = message as { readonly id?: string }
    this.control.postMessage({ ...message, id }, [...transfer])
    const found = () => this.replies.find((reply) => reply.id === id)
    return (await this.#until(found)).value
  }

  connect(token: unknown): Promise<Loose> {
    return this.call("connect", { version: PROTOCOL_VERSION, token, data: this.#theirData }, [this.#theirData])
  }

  /** Presents a token with a data port of its own, which does not take the one of this client. */
  connectWith(token: unknown, version: unknown = PROTOCOL_VERSION): Promise<Loose> {
    const { port2 } = new MessageChannel()
    return this.call("connect", { version, token, data: port2 }, [port2])
  }

  spawn(channel: unknown, spec: Loose): Promise<Loose> {
    return this.call("spawn", { channel, spec })
  }

  /** Waits for the first frame, from the first of all on, that a test is looking for. */
  frame(matches: (frame: Loose) => boolean): Promise<Loose> {
    return this.#until(() => this.frames.find(matches))
  }

  /** Waits for the last fact of a channel, and answers its exit status. */
  async exitOf(channel: number): Promise<Loose> {
    await this.frame((frame) => frame.channel === channel && frame.event?._tag === "Closed")
    return this.frames.find((frame) => frame.channel === channel && frame.event?._tag === "Exited").event.status
  }

  /** What has come on a stream of a channel, as text. */
  textOf(channel: number, fd: 1 | 2 = 1): string {
    const isOurs = (frame: Loose): boolean => frame._tag === "Data" && frame.channel === channel && frame.fd === fd
    return Buffer.concat(this.frames.filter(isOurs).map(({ bytes }) => bytes)).toString()
  }

  close(): void {
    this.control.close()
    this.data.close()
    this.#theirData.close()
  }

  #nextId(): string {
    return `raw-${this.#lastId++}`
  }

  #saw(note: () => void): void {
    note()
    for (const watcher of [...this.#watchers]) watcher()
  }

  #until<A>(look: () => A | undefined): Promise<A> {
    const { promise, resolve } = Promise.withResolvers<A>()
    const watcher = (): void => {
      const found = look()
      if (found === undefined) return
      this.#watchers = this.#watchers.filter((other) => other !== watcher)
      resolve(found)
    }
    this.#watchers.push(watcher)
    watcher()
    return promise
  }
}

/** A raw client that has not presented a token. */
export const openRaw: Effect.Effect<RawClient, never, Broker | Scope.Scope> = Effect.gen(function* () {
  const broker = yield* Broker
  return yield* Effect.acquireRelease(
    Effect.map(broker.openPort(), (port) => new RawClient(port)),
    (client) => Effect.sync(() => client.close())
  )
}).pipe(Effect.orDie)

/** A raw client with a good token. */
export const connectRaw = (policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ ...attackerPolicy, ...policy })
    const client = yield* openRaw
    const reply = yield* Effect.promise(() => client.connect(token))
    assert.strictEqual(reply._tag, "Success")
    return { client, token }
  })

/** Another client, who has done nothing, is served: its command runs, and its output is whole. */
export const bystanderIsServed: Effect.Effect<void, never, Broker> = Effect.gen(function* () {
  const broker = yield* Broker
  const token = yield* broker.mint({ subject: "bystander", commands: [{ command: "echo", args: true }], cwd: ["/"] })
  const client = yield* Client.connect(yield* broker.openPort(), token)
  const { stdout } = yield* client.run("echo", ["served"], { cwd: "/" })
  assert.strictEqual(stdout, "served\n")
}).pipe(Effect.scoped, Effect.orDie)

/** An error as it crosses: its tag, and some of its fields. */
export const assertFails = (reply: Loose, tag: string, fields: object = {}): void => {
  assert.strictEqual(reply?._tag, "Failure", JSON.stringify(reply))
  assert.strictEqual(reply.error._tag, tag, JSON.stringify(reply))
  for (const [name, value] of Object.entries(fields)) assert.deepStrictEqual(reply.error[name], value)
}

export const assertSucceeds = (reply: Loose): Loose => {
  assert.strictEqual(reply?._tag, "Success", JSON.stringify(reply))
  return reply.value
}
