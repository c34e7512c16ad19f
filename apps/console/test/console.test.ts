/** The console in a browser, as somebody uses it. */
import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { beforeAll } from "vitest"
import { hasBrowser, inspect, numbers, pictures, savedOutput, shown, startShell, visit } from "./visit.ts"

describe.skipIf(!hasBrowser)("the console", () => {
  beforeAll(async () => {
    await import("../scripts/build-if-stale.ts")
  })

  it("starts a process, shows what it puts out, gives it a line, and ends it", () =>
    visit("ada", async ({ page }) => {
      await startShell(page, "echo hello; read line; echo got $line; exec sleep 1000")
      await shown(page, "hello")
      await page.getByLabel("A line for its input").fill("a line")
      await page.getByRole("button", { name: "Send line" }).click()
      await shown(page, "got a line")
      await page.getByRole("button", { name: "Stop" }).click()
      await page.getByText("SIGTERM", { exact: false }).and(page.locator(".state")).waitFor()
      await page.getByRole("link", { name: "Processes" }).click()
      await page.getByLabel("Filter").fill("got sleep")
      await page.getByRole("row").filter({ hasText: "echo hello" }).click()
      await shown(page, "got a line")
    }))

  it("has no gap and no repeat in what it shows when the connection is lost and comes back", () =>
    visit("ada", async ({ page, cut }) => {
      await startShell(page, "seq 1 500; read line; seq 501 1000")
      await shown(page, "500")
      cut(true)
      await page.getByText("The connection is lost").waitFor()
      cut(false)
      await page.getByText("The connection is lost").waitFor({ state: "hidden" })
      await shown(page, "500")
      await page.getByLabel("A line for its input").fill("go on")
      await page.getByRole("button", { name: "Send line" }).click()
      await shown(page, "1000")
      assert.strictEqual(await savedOutput(page), numbers(1, 1000))
    }))

  it("says before one starts something whether one may, and shows a viewer why not", () =>
    visit("vera", async ({ page }) => {
      await page.getByRole("link", { name: "New process" }).click()
      await page.getByLabel("Command", { exact: true }).fill("rm -rf /tmp/x")
      await page.getByText("Decided by the rule").waitFor()
      assert.isTrue(await page.getByRole("button", { name: "Start" }).isDisabled())
    }))

  it("runs nothing that a command or its output says, and lets it set no title", () =>
    visit("ada", async ({ page }) => {
      const script = `<img src=x onerror="window.hurt=1"></script><script>window.hurt=1</script>`
      await startShell(
        page,
        `printf '\\033]0;hurt\\007\\033]8;;javascript:hurt\\007link\\n'; echo '${script}'; echo over`
      )
      await shown(page, "over")
      await page.getByRole("link", { name: "Processes" }).click()
      await page.getByRole("link", { name: "onerror" }).waitFor()
      await page.getByRole("link", { name: "Events" }).click()
      await page.getByText("ProcessClosed").first().waitFor()
      assert.isUndefined(await page.evaluate("window.hurt"))
      assert.strictEqual(await page.title(), "Spawnbroker")
    }))

  it("logs out, and is not let in again without another link", () =>
    visit("ada", async ({ page }) => {
      await page.getByRole("button", { name: "Log out" }).click()
      await page.getByRole("button", { name: "Log in" }).waitFor()
      await page.goto(new URL("/", page.url()).href)
      await page.getByRole("button", { name: "Log in" }).waitFor()
    }))

  it.each([
    ["light", 1280],
    ["dark", 390]
  ] as const)("has nothing that keeps anybody from using it, in %s, %i pixels wide", (colorScheme, width) =>
    visit("ada", async ({ page }) => {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      await startShell(page, "echo hello; echo careful >&2; false")
      await shown(page, "careful")
      await page.getByText("exit code 1").first().waitFor()
      for (const view of ["", "Processes", "New process", "History", "Daemons", "Events"]) {
        if (view !== "") await page.getByRole("link", { name: view, exact: true }).click()
        await page.screenshot({ path: join(pictures, `${view || "Process"} ${colorScheme} ${width}.png`) })
        await inspect(page, view)
      }
    })
  )
})
