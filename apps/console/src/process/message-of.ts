/** What has gone wrong, as one reads it. */
export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
