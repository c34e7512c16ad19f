/** A user at the console, in a browser. */
import { assert } from "@effect/vitest"
import { Broker, type BrokerHandle, type BrokerOptions } from "@spawnbroker/broker"
import { Gateway } from "@spawnbroker/gateway"
import axe from "axe-core"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { join } from "node:path"
import { chromium, type Page } from "playwright-core"

const browserPath = "/usr/bin/chromium"

/** Without one there is nothing to see. */
export const hasBrowser = existsSync(browserPath)

const dist = join(import.meta.dirname, "../dist")
/** Of each view, for whoever wants to see them. */
export const pictures = join(import.meta.dirname, "pictures")

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
  readonly broker: BrokerHandle
  /** For clients of other programs. */
  readonly webSocketUrl: string
  /** Cuts the cable, or mends it. */
  readonly cut: (isCut: boolean) => void
}

/** A user at the console, with nothing that it has to complain about. */
export const visit = (
  user: "ada" | "otto" | "vera",
  use: (visit: Visit) => Promise<void>,
  options: BrokerOptions = {}
): Promise<void> =>
  Effect.gen(function* () {
    const broker = yield* Broker.start({ policyWarnings: "ignore", ...options })
    const { wire, port } = yield* cable
    const { url, webSocketUrl, loginLink } = yield* Gateway.start(broker, {
      users: { ada: "admin", otto: "operator", vera: "viewer" },
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
        await use({ page, broker, webSocketUrl, cut })
        assert.deepStrictEqual(complaints, [])
      } finally {
        await browser.close()
      }
    })
  }).pipe(Effect.scoped, Effect.runPromise)

export const startShell = async (page: Page, line: string): Promise<void> => {
  await page.getByRole("link", { name: "New process" }).click()
  await page.getByLabel("Command", { exact: true }).fill(line)
  await page.getByLabel("a line of shell").check()
  await page.getByText("Allowed by shell of user:ada").waitFor()
  await page.getByRole("button", { name: "Start" }).click()
  await page.getByRole("region", { name: "Output" }).waitFor()
}

export const shown = (page: Page, text: string) =>
  page.locator(".xterm-rows").getByText(text, { exact: true }).first().waitFor()

export const savedOutput = async (page: Page): Promise<string> => {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save output" }).click()
  ])
  return readFileSync(await download.path(), "utf8")
}

export const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join("")

/** Nothing serious, and nothing that is wider than the page. */
export const inspect = async (page: Page, view: string): Promise<void> => {
  await page.evaluate(axe.source)
  const found = (await page.evaluate("axe.run()")) as axe.AxeResults
  const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
  assert.deepStrictEqual(
    serious.map(({ id, nodes }) => `${view}: ${id} ${nodes[0]?.html}`),
    []
  )
  const widths = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
  assert.isAtMost((await page.evaluate(widths)) as number, 0, view)
}
