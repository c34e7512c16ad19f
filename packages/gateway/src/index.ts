/** HTTP and WebSocket in front of a broker. Start it with `Gateway.start`. */
export { Gateway, type GatewayError, type GatewayHandle, type GatewayOptions } from "./Gateway.ts"
export type { TlsOptions } from "./http/serve-http.ts"
export { ListenFailed } from "./ListenFailed.ts"
export { defaultRoles, type Role, type RolePolicy } from "./users/Role.ts"
