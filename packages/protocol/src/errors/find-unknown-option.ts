import { InvalidArgument } from "./ProcessError.ts"

/** An option that there is not, most likely a misspelled one, which must not pass for one that was left out. */
export const findUnknownOption = (options: unknown, names: ReadonlyArray<string>): InvalidArgument | undefined => {
  if (options === undefined) return undefined
  if (typeof options !== "object" || options === null) {
    return new InvalidArgument({
      argument: "options",
      problem: `an object is expected, with any of ${names.join(", ")}`
    })
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  return unknown === undefined
    ? undefined
    : new InvalidArgument({
        argument: unknown,
        problem: `there is no such option; there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`
      })
}
