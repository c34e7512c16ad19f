import { assert, describe, it } from "@effect/vitest"
import { maskArguments } from "../../../src/worker/events/mask-arguments.ts"

/** The program, its arguments, and what is shown of them. `hunter2` is the secret, everywhere. */
const rows: ReadonlyArray<readonly [command: string, args: ReadonlyArray<string>, shown: ReadonlyArray<string>]> = [
  ["git", ["log", "--oneline", "-n", "3", "HEAD~2..HEAD"], ["log", "--oneline", "-n", "3", "HEAD~2..HEAD"]],
  ["x", ["--password=hunter2, with; all & sorts"], ["--password=***"]],
  ["x", ["--db-password", "hunter2", "more"], ["--db-password", "***", "more"]],
  ["x", ["-pass", "hunter2"], ["-pass", "***"]],
  ["x", ["--apiKey=hunter2", "--API_KEY=hunter2", "api-key:hunter2"], ["--apiKey=***", "--API_KEY=***", "api-key:***"]],
  ["env", ["GITHUB_TOKEN=hunter2", "CI=1", "node"], ["GITHUB_TOKEN=***", "CI=1", "node"]],
  [
    "docker",
    ["run", "-e", "DB_PASSWORD=hunter2", "--env=TOKEN=hunter2"],
    ["run", "-e", "DB_PASSWORD=***", "--env=TOKEN=***"]
  ],
  ["x", ["--token", "--verbose"], ["--token", "--verbose"]],
  [
    "x",
    ["--password-file", "/run/secret", "--password-stdin", "host"],
    ["--password-file", "/run/secret", "--password-stdin", "host"]
  ],
  ["git", ["clone", "https://me:hunter2@example.com/r.git"], ["clone", "https://***@example.com/r.git"]],
  ["git", ["clone", "https://hunter2@example.com/r.git"], ["clone", "https://***@example.com/r.git"]],
  ["git", ["clone", "git@example.com:r.git"], ["clone", "git@example.com:r.git"]],
  ["curl", ["https://example.com/?access_token=hunter2&page=2"], ["https://example.com/?access_token=***&page=2"]],
  ["curl", ["-H", "Authorization: Bearer hunter2"], ["-H", "Authorization: ***"]],
  ["curl", ["-HX-Api-Key: hunter2", "--header=Cookie: a=hunter2"], ["-HX-Api-Key: ***", "--header=Cookie: ***"]],
  ["curl", ["-u", "me:hunter2", "-sSu", "me:hunter2", "-ume:hunter2"], ["-u", "***", "-sSu", "***", "-u***"]],
  ["curl", ["--user", "me:hunter2", "--user-agent", "me"], ["--user", "***", "--user-agent", "me"]],
  ["curl", ["-d", `{"name":"me","password":"hun\\"ter2","page":2}`], ["-d", `{"name":"me","password":***,"page":2}`]],
  [
    "sh",
    ["-c", `post "{\\"password\\":\\"hunter2 hunter2\\",\\"page\\":2}"`],
    ["-c", `post "{\\"password\\":***,\\"page\\":2}"`]
  ],
  ["/usr/bin/mysql", ["-u", "me", "-phunter2", "db"], ["-u", "me", "-p***", "db"]],
  ["mysql", ["-p", "db"], ["-p", "db"]],
  ["mkdir", ["-p", "a/b"], ["-p", "a/b"]],
  ["sshpass", ["-p", "hunter2", "ssh", "-p", "22"], ["-p", "***", "ssh", "-p", "***"]],
  ["redis-cli", ["-a", "hunter2", "-h", "db"], ["-a", "***", "-h", "db"]],
  ["docker", ["login", "-u", "me", "-p", "hunter2"], ["login", "-u", "me", "-p", "***"]],
  ["docker", ["run", "-p", "80:80"], ["run", "-p", "80:80"]],
  ["openssl", ["rsa", "-passin", "pass:hunter2"], ["rsa", "-passin", "pass:***"]],
  ["sh", ["-c", "TOKEN=hunter2 run --password hunter2; next"], ["-c", "TOKEN=***"]],
  [
    "sh",
    ["-c", "run --password hunter2 -v; x --key='hunter2 2'|cat"],
    ["-c", "run --password *** -v; x --key=***|cat"]
  ],
  ["sh", ["-c", "curl -H 'Authorization: Bearer hunter2'"], ["-c", "curl -H 'Authorization: ***"]],
  ["x", ["ghp_abcdefghijklmnop1234", "sk-abcdefghijklmnop1234"], ["***", "***"]],
  ["x", ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"], ["***"]],
  ["x", [`sb_0123456789abcdef_${"A".repeat(43)}`], ["***"]],
  ["x", ["-----BEGIN RSA PRIVATE KEY-----\nhunter2"], ["***"]]
]

describe("arguments that are written down", () => {
  it.each(rows)("%s %j is shown as %j", (command, args, shown) => {
    assert.deepStrictEqual(maskArguments(command, args), { args: shown })
    assert.notInclude(JSON.stringify(maskArguments(command, args)), "hunter2")
  })

  it("are cut after a secret is masked, not before", () => {
    const { args } = maskArguments("x", [`https://me:${"hunter2".repeat(1000)}@example.com`, "a".repeat(2000)])
    assert.deepStrictEqual(args, ["https://***@", `${"a".repeat(1024)}…`])
  })

  it("are so many, and so long, at most, and the rest is counted", () => {
    const many = maskArguments("x", Array<string>(70_000).fill("a"))
    assert.deepStrictEqual([many.args.length, many.argsOmitted], [64, 69_936])
    const long = maskArguments("x", Array<string>(20).fill("b".repeat(5000)))
    assert.deepStrictEqual([long.args.length, long.argsOmitted], [7, 13])
  })

  it("take time in proportion to their length, whatever they are", () => {
    const hostile = [
      "a",
      "-",
      "--a ",
      "a=",
      'key="',
      "key=\\",
      "a://",
      "bearer ",
      "x-key",
      " ",
      "-----BEGIN ",
      "eyJ",
      "a:\n"
    ]
    for (const piece of hostile) {
      const text = piece.repeat(4096 / piece.length)
      const begun = process.cpuUsage()
      for (let run = 0; run < 20; run++) maskArguments("curl", [text])
      // A quadratic expression takes some 100 ms for one of them.
      assert.isBelow(process.cpuUsage(begun).user / 20_000, 50, JSON.stringify(piece))
    }
  })
})
