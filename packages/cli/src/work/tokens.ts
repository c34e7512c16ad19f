/** Tokens for others than this project's user. They are read from files and from stdin: an argument is seen by everybody. */
import * as Effect from "effect/Effect"
import { readFileSync, writeFileSync } from "node:fs"
import { text } from "node:stream/consumers"
import { answer } from "../command/output.ts"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"
import { askProject, findPlace } from "../project/reach-project.ts"

export interface MintInput {
  readonly config: string | undefined
  readonly policy: string
  readonly expires: string | undefined
  readonly file: string | undefined
}

export const mint = ({ config, policy, expires, file }: MintInput) =>
  Effect.gen(function* () {
    const place = yield* findPlace(config)
    const minted = yield* askProject(place, { _tag: "Mint", policy, ...(expires !== undefined && { expires }) })
    const { token, subject } = minted as Extract<typeof minted, { readonly _tag: "Minted" }>
    const socket = place.brokerSocket
    if (file !== undefined) yield* onFile(file, () => writeFileSync(file, `${token}\n`, { mode: 0o600, flag: "wx" }))
    yield* file === undefined
      ? answer({ token, subject, socket }, () => token)
      : answer({ file, subject, socket }, () => `The token of ${subject} is in ${file}. Its socket is ${socket}`)
  })

export const revoke = (config: string | undefined, file: string | undefined, kill: boolean) =>
  Effect.gen(function* () {
    const place = yield* findPlace(config)
    const token =
      file === undefined
        ? yield* Effect.promise(() => text(process.stdin))
        : yield* onFile(file, () => readFileSync(file, "utf8"))
    yield* askProject(place, { _tag: "Revoke", token: token.trim(), kill })
    yield* answer({ revoked: true }, () => "The token is revoked.")
  })

const onFile = <A>(file: string, act: () => A): Effect.Effect<A, Failure> =>
  Effect.try({
    try: act,
    catch: (cause) => {
      const { code = String(cause) } = cause as NodeJS.ErrnoException
      const advice = code === "EEXIST" ? "there is one already; revoke it, or take the file away" : code
      return new Failure({ exitCode: exitCodes.failure, message: `Cannot use ${file}: ${advice}.`, code })
    }
  })
