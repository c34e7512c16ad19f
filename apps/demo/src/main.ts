/**
 * The entry of the demo: the command line, the first words, and how it ends.
 *
 * What takes time to load is loaded after the first line is printed.
 */
import { readOptions, usage } from "./options.ts"
import { runToExit } from "./run-to-exit.ts"

const options = readOptions(process.argv.slice(2))

switch (options._tag) {
  case "Help":
    process.stdout.write(usage)
    break
  case "Mistake":
    process.stderr.write(`${options.problem}\n\n${usage}`)
    process.exitCode = 2
    break
  case "Demo":
    process.stdout.write("Spawnbroker demo\n")
    await runToExit(async (quit) => (await import("./demo.ts")).demo(quit))
    break
  case "Compare":
    process.stdout.write("Spawnbroker demo: the same work twice, without the broker and with it\n")
    await runToExit(async () => (await import("./compare/compare.ts")).compare)
    break
}
