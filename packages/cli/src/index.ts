/** For `spawnbroker.config.ts`. The command itself is `spawnbroker`. */
import type { Config } from "./config/Config.ts"

export type { Config } from "./config/Config.ts"

/** The configuration of a project, with its type. */
export const defineConfig = (config: Config): Config => config
