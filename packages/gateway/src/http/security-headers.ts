/**
 * What every answer tells the browser: run and show nothing but what comes from here, put it into no frame, keep nothing that is
 * not said to be kept.
 *
 * `host`: as the request has it, which has been held to the list of those that are ours. Older browsers do not count a WebSocket
 * to the same host among `'self'`.
 *
 * `styles`: the page of a console may make style elements, since its terminal makes some for its colours. A style runs nothing, and
 * from here it can load nothing from elsewhere.
 */
export const securityHeaders = (
  host: string,
  scheme: "http" | "https",
  styles: "files" | "elements"
): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${styles === "elements" ? " 'unsafe-inline'" : ""}`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
  ...(scheme === "https" && { "strict-transport-security": "max-age=31536000" })
})
