import { createHash, randomBytes } from "node:crypto"

/** So many that nobody guesses one. */
const SECRET_BYTES = 32

export const newSecret = (): string => randomBytes(SECRET_BYTES).toString("base64url")

/** What is kept of a secret. To look one up by it tells nothing by the time that it takes. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex")
