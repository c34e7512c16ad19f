/**
 * Which environment variables can make a program run code that its command line does not show.
 *
 * A wildcard in a policy never matches one of these; only its exact name does. It covers
 * dynamic loaders, interpreters, shells, git, pagers and editors.
 */
const dangerousPrefixes = [
  "LD_",
  "DYLD_",
  "GIT_",
  "PYTHON",
  "PERL5",
  "RUBY",
  "BASH_",
  "JAVA_",
  "_JAVA_",
  "DOTNET_",
  "NPM_CONFIG_",
  "LUA_",
  "GCONV_",
  "GLIBC_",
  "NODE_",
  "ELECTRON_"
]
const dangerousNames = new Set([
  "PATH",
  "ENV",
  "IFS",
  "PS4",
  "SHELLOPTS",
  "SHELL",
  "CDPATH",
  "GLOBIGNORE",
  "PROMPT_COMMAND",
  "HOME",
  "XDG_CONFIG_HOME",
  "LESSOPEN",
  "LESSCLOSE",
  "PAGER",
  "MANPAGER",
  "EDITOR",
  "VISUAL",
  "BROWSER",
  "TERMINFO",
  "PHPRC",
  "PHP_INI_SCAN_DIR",
  "RIPGREP_CONFIG_PATH",
  "CLASSPATH",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "TMPDIR",
  "LOCPATH",
  "NLSPATH",
  "HOSTALIASES",
  "RES_OPTIONS",
  "MAKEFLAGS",
  "AWKPATH",
  "SSH_ASKPASS",
  "SUDO_ASKPASS",
  "PATHEXT",
  "COMSPEC",
  "SYSTEMROOT"
])

/** Whether a variable may change what a program does beyond its arguments. Case is ignored, as curl and npm do. */
export const isDangerousName = (name: string): boolean => {
  const upper = name.toUpperCase()
  return dangerousNames.has(upper) || dangerousPrefixes.some((prefix) => upper.startsWith(prefix))
}

/** Whether a policy's list of names (exact, or ending in `*`) covers a variable. */
export const coversName = (patterns: ReadonlyArray<string>, name: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith("*") ? !isDangerousName(name) && name.startsWith(pattern.slice(0, -1)) : pattern === name
  )
