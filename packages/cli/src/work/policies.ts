/** What `policy check` and `policy explain` do. Neither starts anything but a broker's thread. */
import { Broker } from "@spawnbroker/broker"
import type { Explanation, PolicyWarning } from "@spawnbroker/protocol"
import * as Effect from "effect/Effect"
import { answer } from "../command/output.ts"
import { mistaken } from "../config/read-config.ts"
import { exitCodes } from "../exit-codes.ts"
import { failIf } from "../Failure.ts"
import { shorten } from "../mistakes/JsonFile.ts"
import { type Mistake, readPath, showMistake } from "../mistakes/Mistake.ts"
import { checkPolicy, inFile, readPolicy } from "./read-policy.ts"

/** No launcher is needed where nothing runs. */
const startQuietly = Broker.start({ spawner: "direct", policyWarnings: "ignore" })

export const check = (files: ReadonlyArray<string>, isStrict: boolean) =>
  Effect.gen(function* () {
    const broker = yield* startQuietly
    const results = yield* Effect.forEach(files, (file) => Effect.result(checkPolicy(broker, file)))
    const mistakes = results.flatMap((result) => (result._tag === "Failure" ? (result.failure.mistakes ?? []) : []))
    const other = results.flatMap((result) =>
      result._tag === "Failure" && result.failure.mistakes === undefined ? [result.failure] : []
    )
    const warnings = results.flatMap((result) =>
      result._tag === "Success"
        ? result.success.warnings.map((warning) => result.success.json.locate(toMistake(warning)))
        : []
    )
    const fine = files.filter((_, index) => {
      const result = results[index]!
      return result._tag === "Success" && result.success.warnings.length === 0
    })
    if (other[0] !== undefined) yield* other[0]
    yield* answer({ mistakes, warnings }, () =>
      [
        ...warnings.map((warning) => `warning: ${showMistake(warning)}`),
        ...fine.map((file) => `${shorten(file)}: nothing is wrong with it`)
      ].join("\n")
    )
    if (mistakes.length > 0) yield* mistaken(mistakes)
    yield* failIf(isStrict && warnings.length > 0, exitCodes.failure)
  }).pipe(Effect.scoped)

const toMistake = ({ place, why, instead }: PolicyWarning) => ({ path: readPath(place), problem: why, hint: instead })

export const explain = (file: string, cwd: string | undefined, [command, ...args]: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { policy, json } = yield* readPolicy(file)
    const broker = yield* startQuietly
    const spec = { command: command!, args, ...(cwd !== undefined && { cwd }) }
    const explanation = yield* broker.explain(policy, spec).pipe(Effect.mapError(inFile(json)))
    const rule = ruleOf(explanation)
    const place = rule === undefined ? undefined : json.locate({ path: readPath(rule), problem: "" })
    yield* answer({ ...explanation, place }, () => describe(explanation, place))
    yield* failIf(explanation._tag === "Denied", exitCodes.denied)
  }).pipe(Effect.scoped)

const ruleOf = (explanation: Explanation): string | undefined => {
  if (explanation._tag === "Allowed") return explanation.rules[0]?.rule
  return explanation.error._tag === "PermissionDenied" ? explanation.error.rule : undefined
}

const describe = (explanation: Explanation, place: Mistake | undefined): string => {
  const where = place === undefined ? "" : ` (${place.file}:${place.line}:${place.column})`
  if (explanation._tag === "Denied") return `Denied${where}. ${explanation.error.message}`
  const { rules, file, argv, cwd, env } = explanation
  return [
    `Allowed by ${rules.map(({ rule }) => rule).join(", ")}${where}.`,
    `file  ${file}`,
    `argv  ${argv.map((argument) => JSON.stringify(argument)).join(" ")}`,
    `cwd   ${cwd}`,
    `env   ${env.join(" ")}`
  ].join("\n")
}
