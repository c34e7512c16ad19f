import { spawnerSuite } from "../../src/index.ts"

spawnerSuite("launcher", { spawner: "launcher" })
