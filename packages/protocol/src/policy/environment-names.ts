/**
 * Which environment variables can make a program run code, or talk to somebody, that its command line does not show.
 *
 * A wildcard in a policy never matches one of these; only its exact name does.
 */
const words = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

const dangerousPrefixes = words(`
  LD_ DYLD_ GLIBC_ GCONV_ MALLOC_
  BASH_ GIT_ SSH_ DOCKER_ KUBE AWS_ GDK_ GIO_ GTK_ QT_ XDG_
  PYTHON PIP_ PERL5 RUBY JAVA_ _JAVA_ JDK_JAVA_ DOTNET_ PSMODULE LUA_ NODE_ NPM_CONFIG_ YARN_ COREPACK_ ELECTRON_
  CARGO_ RUST GO CMAKE_ R_PROFILE JULIA_ ERL_
`)

const dangerousNames = new Set(
  words(`
    PATH HOME SHELL ENV IFS PS4 SHELLOPTS BASHOPTS KSH_ENV ZDOTDIR CDPATH GLOBIGNORE PROMPT_COMMAND HISTFILE INPUTRC
    LESS LESSOPEN LESSCLOSE LESSKEYIN PAGER MANPAGER EDITOR VISUAL BROWSER VIMINIT EXINIT TERMINFO
    PERLLIB PHPRC PHP_INI_SCAN_DIR CLASSPATH AWKPATH MAKEFLAGS MAKEFILES GNUMAKEFLAGS CC CXX
    TAR_OPTIONS RSYNC_RSH SVN_SSH SUDO_ASKPASS HGRCPATH RIPGREP_CONFIG_PATH CURL_HOME WGETRC
    HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR HOSTALIASES RES_OPTIONS LOCPATH NLSPATH TMPDIR
    PATHEXT COMSPEC SYSTEMROOT
  `)
)

/** Whether a variable may change what a program does beyond its arguments. Case is ignored, as curl and npm do. */
export const isDangerousName = (name: string): boolean => {
  const upper = name.toUpperCase()
  return dangerousNames.has(upper) || dangerousPrefixes.some((prefix) => upper.startsWith(prefix))
}

/** Whether a policy's list of names (exact, or ending in `*`) covers a variable. */
export const coversName = (patterns: ReadonlyArray<string>, name: string): boolean => {
  // Asked once, and only if it matters: a client may name thousands.
  let isDangerous: boolean | undefined
  return patterns.some((pattern) =>
    pattern.endsWith("*")
      ? name.startsWith(pattern.slice(0, -1)) && !(isDangerous ??= isDangerousName(name))
      : pattern === name
  )
}
