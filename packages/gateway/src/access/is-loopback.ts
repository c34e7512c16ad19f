import { isIPv4 } from "node:net"

/**
 * Whether a name, as it stands in a URL, is this machine by its structure: `localhost`, an IPv4 address in 127.0.0.0/8, or ::1.
 * Nothing is looked up, and `127.0.0.1.example.org` is a name like any other.
 */
export const isLoopback = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || (isIPv4(name) && name.startsWith("127."))
