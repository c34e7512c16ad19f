import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { coversName, isDangerousName } from "../../src/policy/environment-names.ts"

/** Each was seen to run code, or to redirect what runs, for some program (see PEERS.md, D, and the manuals). */
const dangerous = {
  "the dynamic loader": [
    "LD_PRELOAD",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "DYLD_INSERT_LIBRARIES",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "LOCPATH"
  ],
  "Node and Electron": ["NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "ELECTRON_RUN_AS_NODE"],
  git: [
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_SSH_COMMAND",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIR",
    "GIT_ALLOW_PROTOCOL",
    "GIT_PROXY_COMMAND",
    "GIT_ASKPASS",
    "GIT_PAGER",
    "GIT_TEMPLATE_DIR"
  ],
  "where dotfiles are": ["HOME", "XDG_CONFIG_HOME", "ZDOTDIR"],
  shells: [
    "BASH_ENV",
    "ENV",
    "BASH_FUNC_ls%%",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "IFS",
    "PATH",
    "CDPATH",
    "GLOBIGNORE",
    "PROMPT_COMMAND"
  ],
  interpreters: [
    "PERL5OPT",
    "PERL5LIB",
    "PERLLIB",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONHOME",
    "RUBYOPT",
    "RUBYLIB",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "DOTNET_STARTUP_HOOKS",
    "PHPRC",
    "LUA_INIT",
    "LUA_INIT_5_4",
    "CLASSPATH"
  ],
  "package managers": ["npm_config_script_shell", "NPM_CONFIG_SCRIPT_SHELL"],
  "options of their own": [
    "TAR_OPTIONS",
    "GOFLAGS",
    "MAKEFLAGS",
    "MAKEFILES",
    "GNUMAKEFLAGS",
    "RUSTC_WRAPPER",
    "AWKPATH"
  ],
  "remote shells": ["RSYNC_RSH", "SVN_SSH", "HGRCPATH", "SSH_ASKPASS"],
  "pagers and editors": [
    "LESSOPEN",
    "LESSCLOSE",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "MANPAGER",
    "BROWSER",
    "VIMINIT",
    "EXINIT"
  ],
  "configuration files": ["RIPGREP_CONFIG_PATH", "OPENSSL_CONF", "CURL_HOME", "WGETRC", "AWS_CONFIG_FILE", "TERMINFO"],
  proxies: ["HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE"],
  Windows: ["PATHEXT", "ComSpec", "SystemRoot", "Path"]
} as const

const harmless = [
  "LANG",
  "TZ",
  "CI",
  "NO_COLOR",
  "TERM",
  "USER",
  "MY_APP_MODE",
  "LDFLAG",
  "GITHUB_SHA",
  "NODES",
  "PATHS"
]
const Name = Schema.String.check(Schema.isPattern(/^[A-Za-z_]{1,12}$/))

describe("environment names", () => {
  for (const [what, names] of Object.entries(dangerous)) {
    it(`those of ${what} are dangerous, in any case of letters`, () => {
      for (const name of names) {
        for (const spelling of [name, name.toUpperCase(), name.toLowerCase()])
          assert.isTrue(isDangerousName(spelling), spelling)
      }
    })
  }

  it("ordinary ones are not", () => {
    assert.deepStrictEqual(harmless.filter(isDangerousName), [])
  })

  it("no wildcard covers a dangerous name, however much of it is written", () => {
    for (const name of Object.values(dangerous).flat()) {
      for (let length = 0; length <= name.length; length++) {
        assert.isFalse(coversName([`${name.slice(0, length)}*`], name), `${name.slice(0, length)}* covers ${name}`)
      }
    }
  })

  it("a dangerous name is covered by itself, and by nothing near it", () => {
    assert.isTrue(coversName(["LD_PRELOAD"], "LD_PRELOAD"))
    for (const pattern of ["ld_preload", "LD_PRELOAD ", " LD_PRELOAD", "LD_", "LD_PRELOA", "LD_PRELOADS", ""]) {
      assert.isFalse(coversName([pattern], "LD_PRELOAD"), pattern)
    }
  })

  it("an exact name covers no longer name, a prefix does", () => {
    assert.isFalse(coversName(["MY"], "MY_APP"))
    assert.isTrue(coversName(["MY*"], "MY_APP"))
    assert.isTrue(coversName(["MY*"], "MY"))
    assert.isFalse(coversName(["MY*"], "TO_MY"))
  })

  it("no pattern covers nothing", () => {
    assert.isFalse(coversName([], "LANG"))
  })

  it("one pattern of many is enough", () => {
    assert.isTrue(coversName(["A", "B*", "LANG"], "LANG"))
  })

  it.prop(
    "a name that is covered is named, or is harmless and begins as a wildcard says",
    [Schema.Array(Name), Name],
    ([names, name]) => {
      const patterns = names.map((each, index) => (index % 2 === 0 ? each : `${each}*`))
      const expected = patterns.some(
        (pattern) =>
          pattern === name || (pattern.endsWith("*") && name.startsWith(pattern.slice(0, -1)) && !isDangerousName(name))
      )
      assert.strictEqual(coversName(patterns, name), expected)
    }
  )

  it.prop("danger does not depend on the case of letters", [Schema.String], ([name]) => {
    assert.strictEqual(isDangerousName(name), isDangerousName(name.toUpperCase()))
  })
})
