import { constants } from "node:fs"
import { parseEnv } from "node:util"
import { FileProblem, withDirectory } from "./Directory.ts"

/** Larger files of variables are refused. The kernel takes 2 MiB in all. */
const MAX_ENV_FILE_BYTES = 1024 * 1024

/** The variables in a file of lines `NAME=value`. Its values are in no error. */
export const readEnvFile = (
  path: string,
  roots: ReadonlyArray<ReadonlyArray<string>>
): Promise<Readonly<Record<string, string>>> =>
  withDirectory(path, roots, async (directory, name) => {
    const file = await directory.open(name, constants.O_RDONLY)
    try {
      if ((await file.stat()).size > MAX_ENV_FILE_BYTES)
        throw new FileProblem(`${path} has more than ${MAX_ENV_FILE_BYTES} bytes`)
      const text = await file.readFile("utf8")
      if (text.includes("\0")) throw new FileProblem(`${path} has a NUL byte`)
      return parseEnv(text) as Record<string, string>
    } finally {
      await file.close()
    }
  })
