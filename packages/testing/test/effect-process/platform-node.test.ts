import { NodeServices } from "@effect/platform-node"
import { effectProcessSuite } from "../../src/index.ts"

effectProcessSuite("@effect/platform-node", NodeServices.layer)
