import { host } from "../../src/harness.ts"
import { spawnerSuite } from "../../src/index.ts"

spawnerSuite("launcher without koffi", { spawner: "launcher", launcherPath: host("launcher-without-koffi.ts") })
