/** The console in a browser, as somebody uses it. */
import { assert, describe, it } from "@effect/vitest"
import { Broker } from "@spawnbroker/broker"
import { Gateway } from "@spawnbroker/gateway"
import axe from "axe-core"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { join } from "node:path"
import { chromium, type Page } from "playwright-core"
import { beforeAll } from "vitest"

const browserPath = "/usr/bin/chromium"
const dist = join(import.meta.dirname, "../dist")
/** Of each view, for whoever wants to see them. */
const pictures = join(import.meta.dirname, "pictures")

/** Ends only what hangs. */
const PATIENCE_MS = 45_000

/** A cable between the browser and the gateway, which can be cut. */
const cable = Effect.acquireRelease(
  Effect.promise(async () => {
    const wire = { target: 0, isCut: false, open: new Set<Socket>() }
    const server = createServer((near) => {
      if (wire.isCut) {
        near.destroy()
        return
      }
      const far = connect(wire.target, "127.0.0.1")
      for (const socket of [near, far]) {
        wire.open.add(socket)
        socket.on("error", () => {}).on("close", () => [near, far].map((each) => each.destroy()))
      }
      near.pipe(far)
      far.pipe(near)
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    return { wire, server, port: (server.address() as AddressInfo).port }
  }),
  ({ wire, server }) =>
    Effect.sync(() => {
      server.close()
      for (const socket of wire.open) socket.destroy()
    })
)

interface Visit {
  readonly page: Page
  /** Cuts the cable, or mends it. */
  readonly cut: (isCut: boolean) => void
}

/** A user at the console, with nothing that it has to complain about. */
const visit = (user: "ada" | "vera", use: (visit: Visit) => Promise<void>): Promise<void> =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore" })
    const { wire, port } = yield* cable
    const { url, loginLink } = yield* Gateway.start(broker, {
      users: { ada: "admin", vera: "viewer" },
      console: dist,
      hosts: [`127.0.0.1:${port}`]
    })
    wire.target = Number(new URL(url).port)
    const link = new URL(yield* loginLink(user))
    link.port = String(port)
    yield* Effect.promise(async () => {
      const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] })
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
        page.setDefaultTimeout(PATIENCE_MS)
        const complaints: Array<string> = []
        page.on("pageerror", ({ message }) => complaints.push(message))
        page.on("console", (said) => {
          if (said.text().includes("Content Security Policy")) complaints.push(said.text())
        })
        await page.goto(link.href)
        await page.getByText(`${user} (`).waitFor()
        assert.notInclude(page.url(), link.hash)
        const cut = (isCut: boolean): void => {
          wire.isCut = isCut
          if (isCut) for (const socket of wire.open) socket.destroy()
        }
        await use({ page, cut })
        assert.deepStrictEqual(complaints, [])
      } finally {
        await browser.close()
      }
    })
  }).pipe(Effect.scoped, Effect.runPromise)

const startShell = async (page: Page, line: string): Promise<void> => {
  await page.getByRole("link", { name: "New process" }).click()
  await page.getByLabel("Command").fill(line)
  await page.getByLabel("a line of shell").check()
  await page.getByText("Allowed by shell of user:ada").waitFor()
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("region", { name: "Output" }).waitFor()
}

const shown = (page: Page, text: string) =>
  page.locator(".xterm-rows").getByText(text, { exact: true }).first().waitFor()

const savedOutput = async (page: Page): Promise<string> => {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save output" }).click()
  ])
  return readFileSync(await download.path(), "utf8")
}

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join("")

describe.skipIf(!existsSync(browserPath))("the console", () => {
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
      await page.getByLabel("Command").fill("rm -rf /tmp/x")
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
      const violations: Array<string> = []
      for (const view of ["", "Processes", "New process", "Daemons", "Events"]) {
        if (view !== "") await page.getByRole("link", { name: view, exact: true }).click()
        await page.screenshot({ path: join(pictures, `${view || "Process"} ${width}.png`) })
        await page.evaluate(axe.source)
        const found = (await page.evaluate("axe.run()")) as axe.AxeResults
        const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        violations.push(...serious.map(({ id, nodes }) => `${view}: ${id} ${nodes[0]?.html}`))
        assert.isAtMost((await page.evaluate("document.documentElement.scrollWidth")) as number, width, view)
      }
      assert.deepStrictEqual(violations, [])
    })
  )
})
