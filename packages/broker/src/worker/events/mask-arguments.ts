/**
 * Arguments as they may be written down: what looks like a secret is `***`, and what is long is cut.
 *
 * This knows what programs commonly call a secret, and no more: one that is given as a plain argument, in a way of its
 * program's own, is shown. Secrets belong into the environment, of which only names are told, or into stdin.
 *
 * | masked | example |
 * |---|---|
 * | the value of an option, a variable or a field whose name says so | `--password=…`, `--api-key …`, `TOKEN=…`, `?access_token=…` |
 * | who one is, in a URL | `https://…@example.com` |
 * | what is sent to prove it | `Authorization: …`, `Cookie: …`, `Bearer …` |
 * | the short options of a few programs | `mysql -p…`, `curl -u name:…`, `sshpass -p …`, `redis-cli -a …` |
 * | what has the form of a known token, or is a private key | `ghp_…`, `sk-…`, `eyJ….….…`, `-----BEGIN … PRIVATE KEY-----` |
 */

export const MASK = "***"

export interface ShownArguments {
  readonly args: ReadonlyArray<string>
  readonly argsOmitted?: number
}

/** Arguments that are shown. Higher: larger facts, of which a hostile client can make many. */
const MAX_SHOWN = 64
const MAX_SHOWN_NAMES = 256
/** Characters of one argument that are shown, and of all. */
const MAX_ARGUMENT_LENGTH = 1024
const MAX_TOTAL_LENGTH = 8192
/** Characters of one argument that are looked at. More than are shown, so that a secret is not cut before it is known for one. */
const MAX_READ_LENGTH = 4096

export const maskArguments = (command: string, args: ReadonlyArray<string>): ShownArguments => {
  const program = command.slice(command.lastIndexOf("/") + 1)
  const shown: Array<string> = []
  let length = 0
  for (const [index, argument] of args.entries()) {
    const text = clip(maskArgument(argument, index, { program, args }), MAX_ARGUMENT_LENGTH)
    length += text.length
    if (shown.length === MAX_SHOWN || length > MAX_TOTAL_LENGTH) break
    shown.push(text)
  }
  return { args: shown, ...(shown.length < args.length && { argsOmitted: args.length - shown.length }) }
}

/** Names of variables, as many as are shown of arguments. */
export const showNames = (
  names: ReadonlyArray<string>
): { readonly env: ReadonlyArray<string>; readonly envOmitted?: number } => {
  let length = 0
  const env = names.slice(0, MAX_SHOWN_NAMES).filter((name) => (length += name.length) <= MAX_TOTAL_LENGTH)
  return { env, ...(env.length < names.length && { envOmitted: names.length - env.length }) }
}

/** A text that is no list of arguments: the command itself, a directory. */
export const maskText = (text: string): string => clip(maskWithin(text), MAX_ARGUMENT_LENGTH)

const maskArgument = (argument: string, index: number, all: Arguments): string => {
  const before = all.args[index - 1]
  if (before !== undefined && takesSecret(before) && !argument.startsWith("--")) return MASK
  return maskShort(argument, before, all) ?? maskWithin(argument)
}

interface Arguments {
  readonly program: string
  readonly args: ReadonlyArray<string>
}

/** An option whose value is the next argument. */
const takesSecret = (argument: string): boolean => /^--?[A-Za-z][\w-]{0,100}$/.test(argument) && saysSecret(argument)

const joinedOnly = /^-p(?=.)/
/** Short options by which a program takes a password, joined to it or before it. */
const shortOptions: ReadonlyMap<string, RegExp> = new Map([
  ["mysql", joinedOnly],
  ["mysqldump", joinedOnly],
  ["mysqladmin", joinedOnly],
  ["mariadb", joinedOnly],
  ["mariadb-dump", joinedOnly],
  ["7z", joinedOnly],
  ["sshpass", /^-p/],
  ["redis-cli", /^-a/],
  ["docker login", /^-p/],
  ["podman login", /^-p/],
  ["zip", /^-P/],
  ["unzip", /^-P/],
  ["ldapsearch", /^-w/],
  ["curl", /^(?:-[A-Za-z]*[uUb]|--user|--proxy-user)(?!-)/]
])

const maskShort = (argument: string, before: string | undefined, { program, args }: Arguments): string | undefined => {
  const option = shortOptions.get(program) ?? shortOptions.get(`${program} ${args[0]?.slice(0, 10)}`)
  const joined = option?.exec(argument)?.[0]
  if (joined !== undefined && joined.length < argument.length) return joined + MASK
  return before !== undefined && option?.exec(before)?.[0] === before ? MASK : undefined
}

/** What a name has in it that is one of a secret, without what separates its words. */
const secretWords = [
  "password",
  "passwd",
  "passphrase",
  "passcode",
  "pwd",
  "secret",
  "token",
  "credential",
  "apikey",
  "accesskey",
  "privatekey",
  "signingkey",
  "encryptionkey",
  "authorization",
  "bearer",
  "cookie",
  "sessionid",
  "signature",
  "jwt"
]
/** Words that say so only by themselves. */
const secretNames = new Set(["pass", "pw", "auth", "sig", "key", "pat", "otp", "pin"])
/** Last words of a name whose value says where the secret is. */
const placeNames = new Set(["file", "path", "stdin", "fd", "dir"])

const saysSecret = (name: string): boolean => {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  if (placeNames.has(words.at(-1)!)) return false
  const joined = words.join("")
  return secretWords.some((word) => joined.includes(word)) || words.some((word) => secretNames.has(word))
}

/** A name and what comes between it and its value, which is a space only after an option. Begins where a word does, so linear. */
const named = /(?<![\w.-])(?:(-{0,2}[A-Za-z_][\w.-]*)(\\?["'])?\s?[=:]\s?|(--?[A-Za-z][\w.-]*)\s+(?=[^\s-]))/g
/** A value as a shell or a URL has it. */
const plainValue = /(?:(?:bearer|basic|digest|token)\s+)?(?:"(?:[^"\\]|\\[^])*"?|'[^']*'?|[^\s&#"';|<>()])+/iy
/** A value as JSON has it, perhaps within a string. */
const jsonValue = /\\"[^"]*"?|"(?:[^"\\]|\\[^])*"?|'[^']*'?|[^,}\s]+/y

/** The user and the password of a URL, or its beginning where the text has been cut before its end. */
const userInfo = /(?<![\w+.-])([A-Za-z][\w+.-]*:\/\/)(?:[^\s/?#'"]*@|[^\s/?#'"]*…$)/g

const proof = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi

/** Forms of tokens: ours, GitHub's, GitLab's, npm's, Slack's, those of "sk-", AWS's, Google's, JWT. */
const knownTokens =
  /(?<![A-Za-z0-9])(?:sb_[0-9a-f]{16}_[\w-]{20,}|gh[oprsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|npm_\w{16,}|xox[a-z]-[\w-]{8,}|sk-[\w-]{16,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]*\.?[\w-]*)/g
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*/g

/** Most words: no pattern below finds anything in one that is as short, and names no value. */
const mayHoldNone = (text: string): boolean => text.length < 12 && !/[=:\s]/.test(text)

const maskWithin = (argument: string): string => {
  if (mayHoldNone(argument)) return argument
  const text = argument.length > MAX_READ_LENGTH ? `${argument.slice(0, MAX_READ_LENGTH)}…` : argument
  return maskNamed(text.replaceAll(userInfo, `$1${MASK}@`))
    .replaceAll(proof, `$1 ${MASK}`)
    .replaceAll(knownTokens, MASK)
    .replaceAll(privateKey, MASK)
}

const maskNamed = (text: string): string => {
  let masked = ""
  let rest = 0
  for (const match of text.matchAll(named)) {
    if (match.index < rest || !saysSecret(match[1] ?? match[3]!)) continue
    const end = match.index + match[0].length
    masked += text.slice(rest, end) + MASK
    // A whole argument that is a name and its value: whatever is in that.
    if (match.index === 0 && match[1] !== undefined) return masked
    const value = match[2] === undefined ? plainValue : jsonValue
    value.lastIndex = end
    value.exec(text)
    rest = Math.max(end, value.lastIndex)
  }
  return masked + text.slice(rest)
}

const clip = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text)
