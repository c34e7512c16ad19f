/** Progress, beside the results. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)
