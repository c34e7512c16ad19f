const CARRIAGE_RETURN = 13

/** A line that ended with `\r\n`, once its `\n` is gone. */
export const withoutReturn = (line: Uint8Array): Uint8Array =>
  line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
