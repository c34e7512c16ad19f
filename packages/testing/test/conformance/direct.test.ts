import { spawnerSuite } from "../../src/index.ts"

spawnerSuite("direct", { spawner: "direct" })
