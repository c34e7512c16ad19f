/** What the views are for, in a browser, with real processes behind them. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { beforeAll } from "vitest"
import { hasBrowser, inspect, numbers, pictures, savedOutput, shown, startShell, visit } from "./visit.ts"

const open = (page: Page, view: string) => page.getByRole("link", { name: view, exact: true }).click()

const withHistory = async (use: (file: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "console-history-"))
  try {
    await use(join(directory, "history.db"))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** The rows of the history, once there are so many. */
const found = async (page: Page, count: number): Promise<void> => {
  await page.getByText(`${count} found`, { exact: true }).waitFor({ state: "attached" })
}

describe.skipIf(!hasBrowser)("the views", () => {
  beforeAll(async () => {
    await import("../scripts/build-if-stale.ts")
  })

  it("finds in the history what ended under an earlier broker, and shows its whole output", () =>
    withHistory(async (file) => {
      await visit(
        "ada",
        async ({ page }) => {
          await startShell(page, "seq 1 5000; echo careful >&2; exit 3")
          await page.getByText("exit code 3").first().waitFor()
          await startShell(page, "echo fine")
          await page.getByText("exit code 0").first().waitFor()
        },
        { history: { file } }
      )
      await visit(
        "ada",
        async ({ page }) => {
          await open(page, "Processes")
          await page.getByText("Nothing has run yet").waitFor()
          await open(page, "History")
          await found(page, 2)
          await page.getByLabel("Outcome").selectOption("failure")
          await found(page, 1)
          await page.getByLabel("In the output").fill("^4(9{3})$")
          await page.getByLabel("regular expression").check()
          await page.getByRole("row").filter({ hasText: "4999" }).waitFor()
          await page.getByLabel("In the output").fill("^never$")
          await page.getByText("Nothing fits the filter.").waitFor()
          await page.getByLabel("In the output").fill("careful")
          await page.getByRole("row").filter({ hasText: "exit code 3" }).click()
          await shown(page, "careful")
          await page.getByLabel("Streams").selectOption("stdout")
          await shown(page, "5000")
          assert.strictEqual(await savedOutput(page), numbers(1, 5000))
          await page.getByLabel("Streams").selectOption("stderr")
          assert.strictEqual(await savedOutput(page), "careful\n")
        },
        { history: { file } }
      )
    }))

  it("says that there is no history where there is none", () =>
    visit("ada", async ({ page }) => {
      await open(page, "History")
      await page.getByRole("alert").getByText("history", { exact: false }).waitFor()
    }))

  it("goes on counting while it is paused, and then shows all", () =>
    visit("ada", async ({ page }) => {
      await startShell(page, "seq 1 10; read line; seq 11 2000; read line")
      await shown(page, "10")
      await page.getByRole("button", { name: "Pause" }).click()
      await page.getByLabel("A line for its input").fill("go on")
      await page.getByRole("button", { name: "Send line" }).click()
      await page.getByRole("button", { name: "Go on (8.7 KiB more)" }).waitFor()
      assert.strictEqual(await page.locator(".xterm-rows").getByText("2000", { exact: true }).count(), 0)
      await page.getByRole("button", { name: "Go on" }).click()
      await shown(page, "2000")
      assert.strictEqual(await savedOutput(page), numbers(1, 2000))
    }))

  it("searches the terminal, back and forth", () =>
    visit("ada", async ({ page }) => {
      await startShell(page, "seq 1 300")
      await shown(page, "300")
      const search = page.getByLabel("Search the output")
      await page.keyboard.press("/")
      await page.keyboard.type("299")
      await page.getByText("1 of 1", { exact: true }).waitFor()
      await search.fill("77")
      await page.getByText("1 of 3", { exact: true }).waitFor()
      await search.press("Enter")
      await page.getByText("2 of 3", { exact: true }).waitFor()
      await page.getByRole("button", { name: "Previous place" }).click()
      await page.getByText("1 of 3", { exact: true }).waitFor()
      await search.fill("none of it")
      await page.getByText("nothing", { exact: true }).waitFor()
    }))

  it("starts a process again, and ends the one before", () =>
    visit("ada", async ({ page }) => {
      await startShell(page, "echo once; exec sleep 1000")
      await shown(page, "once")
      const before = page.url()
      await page.getByRole("button", { name: "Restart" }).click()
      await page.waitForURL((url) => url.href !== before)
      await shown(page, "once")
      await open(page, "Processes")
      await page.getByText("1 running, 2 in all").waitFor()
    }))

  it("is used with keys", () =>
    visit("ada", async ({ page }) => {
      await startShell(page, "echo one")
      await shown(page, "one")
      await startShell(page, "echo two")
      await shown(page, "two")
      await page.getByRole("heading", { name: "echo two" }).click()
      await page.keyboard.press("Escape")
      await page.getByText("0 running, 2 in all").waitFor()
      await page.keyboard.press("?")
      await page.getByRole("dialog").getByText("this help").waitFor()
      await page.keyboard.press("Escape")
      await page.keyboard.press("j")
      await page.keyboard.press("j")
      await page.keyboard.press("k")
      await page.keyboard.press("ArrowDown")
      await page.keyboard.press("Enter")
      await page.getByRole("heading", { name: "echo one" }).waitFor()
      await page.keyboard.press("n")
      await page.getByLabel("Command").waitFor()
      await page.keyboard.type("dhe")
      assert.strictEqual(await page.getByLabel("Command").inputValue(), "dhe")
      await page.keyboard.press("Escape")
      await page.keyboard.press("d")
      await page.getByText("There are no daemons.").waitFor()
    }))

  it("remembers the colours that one has chosen", () =>
    visit("ada", async ({ page }) => {
      const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor")
      await page.emulateMedia({ colorScheme: "light" })
      const light = await ground()
      await page.getByLabel("Colours").selectOption("dark")
      const dark = await ground()
      assert.notStrictEqual(dark, light)
      await page.reload()
      await page.getByLabel("Colours").waitFor()
      assert.strictEqual(await ground(), dark)
    }))

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["dark", 390]
  ] as const)("can be read with a history in it, in %s, %i pixels wide", (colorScheme, width) =>
    visit(
      "ada",
      async ({ page }) => {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        for (const line of ["ls /usr", "git --version; sleep 0.3", "echo 'no such table' >&2; exit 1", "kill -9 $$"]) {
          await startShell(page, line)
          await page.locator(".process .state", { hasText: /exit|SIGKILL/ }).waitFor()
        }
        await open(page, "History")
        await found(page, 4)
        await page.screenshot({ path: join(pictures, `History, full ${colorScheme} ${width}.png`) })
        await inspect(page, "History, full")
        await page.getByText("The plots as a table").click()
        await page.getByRole("columnheader", { name: "Median duration" }).waitFor()
        await page.keyboard.press("?")
        await page.screenshot({ path: join(pictures, `Keys ${colorScheme} ${width}.png`) })
        await inspect(page, "Keys")
      },
      { history: "memory" }
    )
  )
})
