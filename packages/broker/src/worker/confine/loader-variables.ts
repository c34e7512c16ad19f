type Environment = Readonly<Record<string, string>>

/**
 * Variables by which somebody else decides what a program loads or how it begins, before its first line: those that ld.so(8)
 * takes away from programs with privileges.
 */
const loaderVariable =
  /^(LD_.*|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|LOCPATH|MALLOC_.*|NIS_PATH|NLSPATH|POSIXLY_CORRECT|RESOLV_HOST_CONF|RES_OPTIONS|TMPDIR|TZDIR)$/

/**
 * An environment in two parts. What confines a process runs before it and outside of its confines, in the same environment; so
 * those that would let a client's own code run there are set only at the last step.
 */
export const splitEnvironment = (env: Environment): { readonly safe: Environment; readonly loader: Environment } => {
  const entries = Object.entries(env)
  const isLoader = ([name]: readonly [string, string]): boolean => loaderVariable.test(name)
  return {
    safe: Object.fromEntries(entries.filter((entry) => !isLoader(entry))),
    loader: Object.fromEntries(entries.filter(isLoader))
  }
}
