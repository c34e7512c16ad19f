import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { codes, type ErrorTag } from "../../src/errors/codes.ts"
import * as errors from "../../src/errors/ProcessError.ts"

const { ProcessError } = errors
const classes = ProcessError.members
const documented: { readonly [T in ErrorTag]: number } = {
  Io: 4000,
  PermissionDenied: 4001,
  NotFound: 4002,
  SpawnFailed: 4003,
  ProcessNotFound: 4004,
  AlreadyExited: 4005,
  InvalidToken: 4006,
  LimitExceeded: 4007,
  TimedOut: 4008,
  InvalidArgument: 4009,
  BrokerUnavailable: 4010,
  Unsupported: 4011,
  TransformFailed: 4012
}

const encode = Schema.encodeSync(ProcessError)
const decode = Schema.decodeUnknownSync(ProcessError)

/** What an error says when it is put together with its own class: every field, and what is not one. */
const fieldsOf = (error: errors.ProcessError): object => ({ ...encode(error) })

/** Everything that a terminal obeys or that changes how a line is read: C0, DEL, C1, line and direction marks. */
const obeyed = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const hostile = "\u001b[2J\u009b31m\r\n\t\u0007\u007f\u2028\u202e\u2066-rm"

const hostileErrors: ReadonlyArray<errors.ProcessError> = [
  new errors.Io({ operation: "read", stream: "stdout", errno: hostile }),
  new errors.PermissionDenied({ rule: hostile, what: hostile, subject: hostile, hint: hostile, nearest: hostile }),
  new errors.NotFound({ subject: "cwd", path: hostile }),
  new errors.NotFound({ subject: "command", path: hostile, searched: [hostile], nearest: hostile }),
  new errors.SpawnFailed({ command: hostile, args: [hostile, ""], cwd: hostile, errno: hostile }),
  new errors.ProcessNotFound({ id: hostile }),
  new errors.LimitExceeded({ limit: hostile, maximum: 1 }),
  new errors.TimedOut({ operation: hostile, timeoutMs: 1 }),
  new errors.InvalidArgument({ argument: hostile, problem: hostile }),
  new errors.BrokerUnavailable({ reason: hostile }),
  new errors.Unsupported({ feature: hostile, hint: hostile }),
  new errors.TransformFailed({ transform: hostile, stream: hostile, reason: "threw", problem: hostile })
]

const adviceOf = {
  input: /line 3 is not JSON\. Look at the output without it/,
  threw: /mend its module/,
  hung: /more time/,
  bloated: /keep less/,
  lost: /again/
}

/** One of each, as the broker makes them, and a word of what its message tells the reader to do. */
const advice: ReadonlyArray<readonly [error: errors.ProcessError, next: RegExp]> = [
  [new errors.Io({ operation: "write", stream: "stdin", errno: "EPIPE" }), /stop writing/],
  [new errors.Io({ operation: "read", stream: "stdout", errno: "EIO" }), /errno\(3\)/],
  [
    new errors.PermissionDenied({
      rule: "commands",
      what: "the command rm",
      subject: "s",
      hint: "Add it to `commands`."
    }),
    /Add it to `commands`/
  ],
  [new errors.NotFound({ subject: "command", path: "git", searched: ["/bin"] }), /Looked in \/bin.*Install it/],
  [new errors.NotFound({ subject: "command", path: "git", searched: [] }), /PATH is empty/],
  [new errors.NotFound({ subject: "command", path: "gti", searched: [], nearest: "git" }), /Did you mean git\?/],
  [
    new errors.PermissionDenied({ rule: "commands", what: "gti", subject: "s", hint: "Add it.", nearest: "git" }),
    /policy\. Did you mean git\? Add it/
  ],
  [new errors.NotFound({ subject: "cwd", path: "/nowhere" }), /Create it/],
  [new errors.SpawnFailed({ command: "a b", args: ["c d"], cwd: "/", errno: "EACCES" }), /'a b' 'c d'.*chmod/],
  [new errors.SpawnFailed({ command: "a", args: [], cwd: "/", errno: "EUNHEARDOF" }), /errno\(3\)/],
  [new errors.SpawnFailed({ command: "a", args: [], cwd: "/", errno: "constructor" }), /errno\(3\)/],
  [new errors.ProcessNotFound({ id: "p-1" }), /client\.list/],
  [decode({ _tag: "AlreadyExited", id: `p-${"0".repeat(24)}`, operation: "kill" }), /Read its `exit`/],
  [new errors.InvalidToken({ reason: "unknown" }), /Ask the host/],
  [new errors.InvalidToken({ reason: "revoked" }), /Ask the host/],
  [new errors.InvalidToken({ reason: "expired" }), /Ask the host/],
  [new errors.InvalidToken({ reason: "missing" }), /Call `connect`/],
  [new errors.LimitExceeded({ limit: "messageBytes", maximum: 1 }), /Send less/],
  [new errors.TimedOut({ operation: "spawn", timeoutMs: 1 }), /more time/],
  [
    new errors.InvalidArgument({ argument: "cwd", problem: "an absolute path is expected" }),
    /an absolute path is expected/
  ],
  [new errors.BrokerUnavailable({ reason: "it was shut down" }), /Connect again/],
  [new errors.Unsupported({ feature: "pty", hint: "Use pipes." }), /Use pipes/],
  ...(["input", "threw", "hung", "bloated", "lost"] as const).map(
    (reason) =>
      [
        new errors.TransformFailed({ transform: "ndjson", stream: "stdout", reason, problem: "line 3 is not JSON" }),
        adviceOf[reason]
      ] as const
  )
]

describe("errors", () => {
  it("there are thirteen, with the documented codes", () => {
    assert.deepStrictEqual(codes, documented)
    assert.deepStrictEqual(classes.map(({ identifier }) => identifier).toSorted(), Object.keys(documented).toSorted())
  })

  it("no code is used twice", () => {
    assert.strictEqual(new Set(Object.values(codes)).size, 13)
  })

  for (const [error, next] of advice) {
    it(`${error._tag} says what to do next: ${error.message.slice(0, 60)}…`, () => {
      assert.match(error.message, next)
      assert.strictEqual(error.code, documented[error._tag])
      assert.strictEqual(error.name, error._tag)
    })
  }

  it("every error has advice here", () => {
    assert.strictEqual(new Set(advice.map(([error]) => error._tag)).size, 13)
  })

  for (const member of classes) {
    it.prop(
      `${member.identifier} crosses threads as itself, with all its fields`,
      [member as Schema.Schema<any>],
      ([error]) => {
        const back = decode(structuredClone(encode(error as errors.ProcessError)))
        assert.strictEqual(Object.getPrototypeOf(back), Object.getPrototypeOf(error))
        assert.isTrue(back instanceof Error)
        assert.deepStrictEqual(fieldsOf(back), fieldsOf(error))
        assert.strictEqual(back.code, documented[back._tag])
        assert.strictEqual(back.message, (error as errors.ProcessError).message)
      }
    )

    it.prop(
      `${member.identifier} has a message whatever is in its fields`,
      [member as Schema.Schema<any>],
      ([value]) => {
        const error = value as errors.ProcessError
        assert.isAbove(error.message.length, 10)
      }
    )
  }

  for (const error of hostileErrors) {
    it(`the message of ${error._tag} has nothing in it that a terminal obeys`, () => {
      assert.notMatch(error.message, obeyed)
      assert.include(error.message, "rm")
    })
  }

  it.prop("no message has anything in it that a terminal obeys", [ProcessError], ([error]) => {
    assert.notMatch(error.message, obeyed)
  })

  it("a message is no longer than a screen, however long the fields are", () => {
    const long = "x".repeat(1_000_000)
    for (const error of [
      new errors.SpawnFailed({
        command: long,
        args: Array.from({ length: 1000 }, () => long),
        cwd: "/",
        errno: "E2BIG"
      }),
      new errors.InvalidArgument({ argument: long, problem: "unexpected" }),
      new errors.PermissionDenied({ rule: "commands", what: long, subject: "s", hint: "h" })
    ]) {
      assert.isBelow(error.message.length, 4000)
    }
  })

  it("an error shows its tag, its code, its message and its fields when it is printed", () => {
    const error = new errors.NotFound({ subject: "command", path: "gti", searched: ["/bin"] })
    assert.strictEqual(
      inspect(error),
      `NotFound (4002): ${error.message} { subject: 'command', path: 'gti', searched: [ '/bin' ] }`
    )
    assert.include(inspect({ deep: { deeper: [error] } }), `NotFound (4002): ${error.message}`)
    assert.strictEqual(inspect(error, { depth: -1 }), inspect(error, { depth: -1 }).split("\n")[0])
  })

  for (const [error] of advice) {
    it(`${error._tag} begins with its tag, its code and its message when it is printed: ${error.message.slice(0, 40)}`, () => {
      assert.isTrue(inspect(error).startsWith(`${error._tag} (${error.code}): ${error.message}`))
      for (const name of Object.keys(encode(error))) if (name !== "_tag") assert.include(inspect(error), `${name}: `)
    })
  }

  for (const error of hostileErrors) {
    it(`${error._tag} has nothing in it that a terminal obeys when it is printed`, () => {
      for (const line of inspect(error).split("\n")) assert.notMatch(line, obeyed)
    })
  }

  it("an error that is printed is no longer than a few screens, and shows nothing but what its fields are", () => {
    const long = "x".repeat(1_000_000)
    const args = Array.from({ length: 1000 }, () => long)
    const failed = new errors.SpawnFailed({ command: long, args, cwd: "/", errno: "E2BIG" })
    assert.isBelow(inspect(failed).length, 20_000)
    const unnamed = Object.assign(new errors.InvalidToken({ reason: "unknown" }), { stack: "a secret in a stack" })
    assert.notInclude(inspect(unnamed), "secret")
  })

  it("an error shows its message also to those that give no way to show fields", () => {
    const error = new errors.InvalidToken({ reason: "expired" })
    const show = (error as unknown as Record<symbol, (depth: number, options: object) => string>)[
      Symbol.for("nodejs.util.inspect.custom")
    ]!
    assert.strictEqual(show.call(error, 2, {}), `InvalidToken (4006): ${error.message}`)
  })

  it("what is no error of ours is not decoded", () => {
    for (const value of [
      null,
      {},
      { _tag: "Io" },
      { _tag: "Error", message: "x" },
      new Error("x"),
      { _tag: "__proto__" }
    ]) {
      assert.throws(() => decode(value))
    }
  })

  it("a reason or an operation outside its list is refused", () => {
    assert.throws(() => decode({ _tag: "InvalidToken", reason: "wrong" }))
    assert.throws(() => decode({ _tag: "Io", operation: "seek", stream: "stdin", errno: "E" }))
    assert.throws(() => decode({ _tag: "AlreadyExited", id: "42", operation: "kill" }))
  })
})
