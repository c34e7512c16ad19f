/** Every command that the suite runs or fails to run, for whoever must be told. */
import { fileURLToPath } from "node:url"
import { fixture, node } from "../harness.ts"

export const noInterpreter = fixture("no-interpreter")
export const notExecutable = fileURLToPath(import.meta.url)
export const aDirectory = fileURLToPath(new URL(".", import.meta.url))

const words = "cat echo env head printf pwd seq sh sleep sort tr true uniq wc yes no-such-command /no/such/command"

export const commands: ReadonlyArray<string> = [...words.split(" "), node, notExecutable, aDirectory, noInterpreter]
