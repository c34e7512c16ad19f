/** By which the host is named where it acts for itself, in the place of a token. None that is minted has it. */
export const HOST_TOKEN_ID = "0".repeat(16)
