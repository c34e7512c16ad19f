import { brokered, effectProcessSuite } from "../../src/index.ts"

effectProcessSuite("brokered, launcher", brokered("launcher"))
