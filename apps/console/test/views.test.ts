/** What the views are for, in a browser, with real processes behind them. */
import { assert, describe, it } from "@effect/vitest"
import type { BrokerHandle } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
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

const ROWS = 3000
/** As in the style sheet. */
const ROW_HEIGHT = 36

/** As the table shows it. All are of one length, so that their order is that of the numbers. */
const nameOf = (index: number): string => `true ${String(index).padStart(5, "0")}`

/** The broker remembers 256 that have ended of each token. */
const PER_TOKEN = 250

const manyProcesses = (broker: BrokerHandle, count: number) =>
  Effect.forEach(
    Array.from({ length: count / PER_TOKEN }, (_, index) => index * PER_TOKEN),
    (first) =>
      Effect.gen(function* () {
        const token = yield* broker.mint({ subject: `many-${first}`, commands: [{ command: "true", args: true }] })
        const client = yield* Client.connect(yield* broker.openPort(), token)
        const indexes = Array.from({ length: PER_TOKEN }, (_, index) => first + index)
        yield* Effect.forEach(indexes, (index) => client.run("true", nameOf(index).split(" ").slice(1)), {
          concurrency: 16,
          discard: true
        })
      }).pipe(Effect.scoped),
    { discard: true }
  )

interface MadeRow {
  readonly index: number
  readonly text: string
  readonly isSeen: boolean
}

/** The rows of the table that there are, as the page has them. */
const rowsOf = async (page: Page): Promise<ReadonlyArray<MadeRow>> =>
  (await page.evaluate(`[...document.querySelectorAll("tr.row")].map((row) => {
    const around = row.closest(".scroller").getBoundingClientRect()
    const { top, bottom } = row.getBoundingClientRect()
    return {
      index: Number(row.getAttribute("aria-rowindex")),
      text: row.querySelector("a").textContent,
      isSeen: top < around.bottom && bottom > around.top
    }
  })`)) as ReadonlyArray<MadeRow>

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
      await page.getByLabel("Command", { exact: true }).waitFor()
      await page.keyboard.type("dhe")
      assert.strictEqual(await page.getByLabel("Command", { exact: true }).inputValue(), "dhe")
      await page.keyboard.press("Escape")
      await page.keyboard.press("d")
      await page.getByText("There are no daemons.").waitFor()
    }))

  it("shows what is busy how busy it is, and how much memory it has", () =>
    visit("ada", async ({ page }) => {
      await startShell(page, "while :; do :; done")
      await open(page, "Processes")
      const row = page.getByRole("row").filter({ hasText: "while" })
      await row.getByText(/^[1-9][0-9]* %$/).waitFor()
      await row.getByText(/^[0-9.]+ [KM]iB$/).waitFor()
      await row.click()
      await page.locator("dt", { hasText: "Memory" }).waitFor()
      await page.getByRole("button", { name: "Stop" }).click()
      await page.locator(".process .state", { hasText: "SIGTERM" }).waitFor()
      await page.locator("dt", { hasText: "Memory" }).waitFor({ state: "detached" })
    }))

  it("makes of 3,000 rows those that can be seen, and the right ones wherever one scrolls", () =>
    visit("ada", async ({ page, broker }) => {
      await Effect.runPromise(manyProcesses(broker, ROWS))
      await page.getByText(`${ROWS} in all`).waitFor()
      await page.getByRole("button", { name: "Command" }).click()
      await page.locator("th[aria-sort=ascending]").waitFor()
      for (const at of [0, ROWS / 2, ROWS - 1]) {
        await page.evaluate(`document.querySelector(".scroller").scrollTop = ${at * ROW_HEIGHT}`)
        await page.locator(`tr[aria-rowindex="${at + 2}"]`).waitFor()
        const made = await rowsOf(page)
        assert.isBelow(made.length, 100)
        for (const { index, text } of made) assert.strictEqual(text, nameOf(index - 2))
        assert.isTrue(made.some(({ index, isSeen }) => index === at + 2 && isSeen))
      }
      assert.strictEqual(await page.locator("table").getAttribute("aria-rowcount"), String(ROWS + 1))
      await page.getByLabel("Filter").fill(nameOf(ROWS - 1))
      await page.getByRole("link", { name: nameOf(ROWS - 1) }).waitFor()
      assert.strictEqual(await page.locator("tr.row").count(), 1)
    }))

  it("tells what has become of a daemon, and stops it", () =>
    visit("ada", async ({ page, broker }) => {
      await open(page, "Daemons")
      await page.getByText("There are no daemons.").waitFor()
      const flaky = { name: "flaky", command: "sh", args: ["-c", "exit 7"], restart: { delay: "200 millis" } } as const
      await Effect.runPromise(broker.daemons.start(flaky))
      await page.getByRole("heading", { name: "flaky" }).waitFor()
      await page.getByText("What has become of it since you came").click()
      await page.getByRole("listitem").filter({ hasText: "→ backoff" }).nth(1).waitFor()
      await inspect(page, "Daemons")
      await page.screenshot({ path: join(pictures, "Daemons, flaky.png") })
      await page.getByRole("button", { name: "Stop" }).click()
      await page.locator(".card h2 .state", { hasText: "stopped" }).waitFor()
      await page.getByRole("listitem").filter({ hasText: "→ stopped" }).first().waitFor()
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
        const busy = "for i in $(seq 200000); do echo line $i of a long build; done; sleep 1000"
        await startShell(page, busy)
        await page.locator("dt", { hasText: "CPU" }).waitFor()
        await page.screenshot({ path: join(pictures, `Process, busy ${colorScheme} ${width}.png`) })
        await inspect(page, "Process, busy")
        await open(page, "Processes")
        await page.getByRole("row").filter({ hasText: "MiB" }).first().waitFor()
        await page.screenshot({ path: join(pictures, `Processes, busy ${colorScheme} ${width}.png`) })
        await open(page, "History")
        await found(page, 5)
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
