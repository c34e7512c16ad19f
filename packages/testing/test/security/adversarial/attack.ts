/**
 * What a case of this suite is: a way round a policy, tried by a real client on real programs.
 *
 * The act is denied with a code and a rule, and nothing has run: a canary, a file that the act would have made, is not there.
 * A twin, which is what the policy is for, is allowed. Where a case is `real`, a third test runs the act under a policy
 * without bounds, and the canary is there: the danger is no theory, and the proof can fail.
 */
import { Broker } from "@spawnbroker/broker"
import { Client, type ClientHandle, type RunOptions } from "@spawnbroker/client"
import { codes, type ErrorTag, type Policy, type ProcessError } from "@spawnbroker/protocol"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { accessSync, chmodSync, constants, existsSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import { temporaryDirectory } from "../../../src/harness.ts"

/** A directory of one case, which is where its processes run. */
export class Place {
  readonly root: string
  constructor(root: string) {
    this.root = realpathSync(root)
  }

  /** Made by an act that has got through. */
  get canary(): string {
    return this.path("canary")
  }

  path(name: string): string {
    return join(this.root, name)
  }

  /** Writes a file of the place. */
  file(name: string, text = ""): string {
    writeFileSync(this.path(name), text)
    return this.path(name)
  }

  /** Writes a program of the place, which makes the canary. */
  program(name: string, text = `#!/bin/sh\ntouch ${this.canary}\n`): string {
    const path = this.file(name, text)
    chmodSync(path, 0o755)
    return path
  }

  get isHit(): boolean {
    return existsSync(this.canary)
  }
}

export interface Act {
  readonly command: string
  readonly args?: ReadonlyArray<string>
  readonly options?: RunOptions
}

export interface Attack {
  readonly name: string
  readonly policy: (place: Place) => Partial<Policy>
  readonly act: (place: Place) => Act
  readonly code: ErrorTag
  /** The rule that has decided, or the argument that is wrong. */
  readonly rule?: string
  readonly twin: (place: Place) => Act
  /** The program that must be there for more than the denial. */
  readonly needs?: string
  /** What the twin prints at least. */
  readonly prints?: string
  /** What is there before. */
  readonly prepare?: (place: Place) => void
  /** Under which policy the act gets through, to show that it would. */
  readonly real?: (place: Place) => Partial<Policy>
}

/** Whether a program is there to be run; the cases of those that are not say so. */
const isInstalled = (command: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** A client with a policy, in a place. */
export const connectAt = (place: Place, policy: Partial<Policy>) =>
  Effect.gen(function* () {
    const broker = yield* Broker
    const token = yield* broker.mint({ subject: "client", cwd: [place.root], ...policy })
    return yield* Client.connect(yield* broker.openPort(), token)
  })

const perform = (client: ClientHandle, place: Place, { command, args = [], options = {} }: Act) =>
  client.run(command, args, { cwd: place.root, stdin: "ignore", ...options })

const place = Effect.map(temporaryDirectory, (root) => new Place(root))

export const assertDenied = (error: ProcessError, code: ErrorTag, rule?: string): void => {
  assert.strictEqual(error._tag, code, error.message)
  assert.strictEqual(error.code, codes[code])
  if (rule === undefined) return
  assert.strictEqual(error._tag === "PermissionDenied" ? error.rule : (error as { argument?: string }).argument, rule)
}

/** A test for each case that it is denied, one that its twin is allowed, and one that it is real. */
export const attacks = (family: string, cases: ReadonlyArray<Attack>): void =>
  layer(Broker.layer({ policyWarnings: "ignore" }), { excludeTestServices: true })(family, (it) => {
    for (const attack of cases) {
      const { name, code, rule } = attack
      it.effect(`${name}: ${code}`, () =>
        Effect.gen(function* () {
          const here = yield* place
          attack.prepare?.(here)
          const client = yield* connectAt(here, attack.policy(here))
          const error = yield* Effect.flip(perform(client, here, attack.act(here)))
          assertDenied(error as ProcessError, code, rule)
          assert.isEmpty(yield* client.list())
          assert.isFalse(here.isHit, "it has run")
        })
      )

      const isMissing = attack.needs !== undefined && !isInstalled(attack.needs)
      const test = isMissing ? it.effect.skip : it.effect
      const why = isMissing ? ` (not run: ${attack.needs} is not installed)` : ""
      test(`${name}: its twin is allowed${why}`, () =>
        Effect.gen(function* () {
          const here = yield* place
          attack.prepare?.(here)
          const client = yield* connectAt(here, attack.policy(here))
          const result = yield* perform(client, here, attack.twin(here))
          assert.deepStrictEqual(result.exit, { _tag: "Exited", code: 0 }, `${result.stdout}${result.stderr}`)
          if (attack.prints !== undefined) assert.include(result.stdout, attack.prints)
          assert.isFalse(here.isHit, "the twin is no twin")
        }))

      if (attack.real === undefined) continue
      test(`${name}: without bounds it gets through${why}`, () =>
        Effect.gen(function* () {
          const here = yield* place
          attack.prepare?.(here)
          const client = yield* connectAt(here, attack.real!(here))
          // It may fail after it has run what it was to run.
          const result = yield* Effect.exit(perform(client, here, attack.act(here)))
          assert.isTrue(here.isHit, JSON.stringify(result))
          rmSync(here.canary)
        }))
    }
  })
