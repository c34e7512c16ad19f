/** What no schema can say: names that refer to something else in the file. Works on a file with other mistakes, too. */
import { type FoundMistake, meant } from "../mistakes/find-mistakes.ts"

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

export const checkReferences = (config: unknown): ReadonlyArray<FoundMistake> => {
  const { daemons, policies, tokens, secrets, env } = fieldsOf(config)
  return [
    ...unknownDependencies(fieldsOf(daemons)),
    ...circles(fieldsOf(daemons)),
    ...unknownPolicies(fieldsOf(tokens), Object.keys(fieldsOf(policies))),
    ...unknownSecrets(["env", "values"], fieldsOf(fieldsOf(env).values), Object.keys(fieldsOf(secrets))),
    ...Object.entries(fieldsOf(policies)).flatMap(([name, policy]) =>
      unknownSecrets(
        ["policies", name, "env", "values"],
        fieldsOf(fieldsOf(fieldsOf(policy).env).values),
        Object.keys(fieldsOf(secrets))
      )
    )
  ]
}

const dependenciesOf = (daemon: unknown): ReadonlyArray<string> => Object.keys(fieldsOf(fieldsOf(daemon).dependsOn))

const unknownDependencies = (daemons: Readonly<Record<string, unknown>>): ReadonlyArray<FoundMistake> =>
  Object.entries(daemons).flatMap(([name, daemon]) =>
    dependenciesOf(daemon)
      .filter((dependency) => !Object.hasOwn(daemons, dependency))
      .map((dependency) => ({
        path: ["daemons", name, "dependsOn", dependency],
        problem: `there is no daemon \`${dependency}\``,
        hint: meant(
          dependency,
          Object.keys(daemons).filter((other) => other !== name)
        ),
        isName: true
      }))
  )

/** Each circle once, told where it closes. */
const circles = (daemons: Readonly<Record<string, unknown>>): ReadonlyArray<FoundMistake> => {
  const found: Array<FoundMistake> = []
  const done = new Set<string>()
  const visit = (name: string, way: ReadonlyArray<string>): void => {
    if (done.has(name)) return
    for (const dependency of dependenciesOf(daemons[name])) {
      const start = [...way, name].indexOf(dependency)
      if (start >= 0) {
        const circle = [...[...way, name].slice(start), dependency].join(" → ")
        found.push({
          path: ["daemons", name, "dependsOn", dependency],
          problem: `it would wait for itself: ${circle}`,
          hint: "Take one of these away",
          isName: true
        })
      } else if (Object.hasOwn(daemons, dependency)) visit(dependency, [...way, name])
    }
    done.add(name)
  }
  for (const name of Object.keys(daemons)) visit(name, [])
  return found
}

const unknownPolicies = (
  tokens: Readonly<Record<string, unknown>>,
  policies: ReadonlyArray<string>
): ReadonlyArray<FoundMistake> =>
  Object.entries(tokens).flatMap(([name, token]) => {
    const { policy } = fieldsOf(token)
    if (typeof policy !== "string" || policies.includes(policy)) return []
    return [
      { path: ["tokens", name, "policy"], problem: `there is no policy \`${policy}\``, hint: meant(policy, policies) }
    ]
  })

const unknownSecrets = (
  path: ReadonlyArray<string>,
  values: Readonly<Record<string, unknown>>,
  secrets: ReadonlyArray<string>
): ReadonlyArray<FoundMistake> =>
  Object.entries(values).flatMap(([name, value]) => {
    const { secret } = fieldsOf(value)
    if (typeof secret !== "string" || secrets.includes(secret)) return []
    return [
      { path: [...path, name, "secret"], problem: `there is no secret \`${secret}\``, hint: meant(secret, secrets) }
    ]
  })
