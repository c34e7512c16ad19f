import { brokered, effectProcessSuite } from "../../src/index.ts"

effectProcessSuite("brokered, direct", brokered("direct"))
