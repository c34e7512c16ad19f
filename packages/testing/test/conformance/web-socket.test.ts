import { spawnerSuite } from "../../src/index.ts"
import { overWebSockets } from "../../src/web-sockets.ts"

spawnerSuite("over WebSockets", { spawner: "launcher", over: overWebSockets })
