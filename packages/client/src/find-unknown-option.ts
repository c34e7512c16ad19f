export { findUnknownOption } from "@spawnbroker/protocol"
