import { existsSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { exitCodes } from "../exit-codes.ts"
import { Failure } from "../Failure.ts"

const names = ["spawnbroker.config.json", "spawnbroker.config.ts"]

/** The configuration that is named, or that of the nearest directory, from the current one upwards, that has one. */
export const findConfig = (named: string | undefined): string => {
  if (named !== undefined) {
    if (existsSync(named)) return resolve(named)
    throw new Failure({ exitCode: exitCodes.config, message: `There is no file ${named}.` })
  }
  const found = nearestConfig()
  if (found !== undefined) return found
  const message = `There is no ${names.join(" or ")} here or above. Say where it is with --config.`
  throw new Failure({ exitCode: exitCodes.config, message })
}

/** That of the nearest directory that has one, if any has. */
export const nearestConfig = (): string | undefined => {
  for (let directory = process.cwd(); ; directory = dirname(directory)) {
    const found = names.map((name) => join(directory, name)).filter((path) => existsSync(path))
    if (found.length > 1) {
      const message = `There are both ${names.join(" and ")} in ${directory}. Take one away, or say which with --config.`
      throw new Failure({ exitCode: exitCodes.config, message })
    }
    if (found[0] !== undefined) return found[0]
    if (directory === dirname(directory)) return undefined
  }
}
