/**
 * Whether a command line can never be started: the kernel's own limits, applied before anything is copied or matched.
 *
 * What is below them may still be too long for this machine; then E2BIG comes from the kernel. See execve(2), "Limits on
 * size of arguments and environment".
 */
export const exceedsKernel = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): boolean => {
  let total = 0
  const fits = (text: string): boolean => {
    // Characters are at most as many as bytes, and are counted without encoding them.
    total += text.length + 1
    return text.length < MAX_STRING_BYTES && total <= MAX_TOTAL_BYTES
  }
  return !(args.every(fits) && Object.entries(env).every(([name, value]) => fits(`${name}=${value}`)))
}

/** One string with its NUL: 32 pages. Other systems take more; there the total alone decides. */
const MAX_STRING_BYTES = process.platform === "linux" ? 131_072 : Infinity
/** All strings: three quarters of the default stack, whatever the limit of the stack is. */
const MAX_TOTAL_BYTES = 6 * 1024 * 1024
