/** What admins see in a browser and others do not. */
import { assert, describe, it } from "@effect/vitest"
import type { BrokerHandle } from "@spawnbroker/broker"
import { Client } from "@spawnbroker/client"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { beforeAll } from "vitest"
import { hasBrowser, inspect, pictures, visit } from "./visit.ts"

/** Until the page hears what happens: of what was before that nothing is told. */
const untilItListens = async (page: Page, broker: BrokerHandle): Promise<void> => {
  await open(page, "Events")
  const heard = page.getByText("HostNoted").first()
  while (!(await heard.isVisible())) {
    await Effect.runPromise(Effect.andThen(broker.note({ act: "test", by: "ada" }), Effect.sleep("50 millis")))
  }
}

const open = (page: Page, view: string) => page.getByRole("link", { name: view, exact: true }).click()

describe.skipIf(!hasBrowser)("an admin", () => {
  beforeAll(async () => {
    await import("../scripts/build-if-stale.ts")
  })

  it("revokes a client, which drops with its processes", () =>
    visit("ada", ({ page, broker, webSocketUrl }) =>
      Effect.gen(function* () {
        const token = yield* broker.mint({ subject: "panel", commands: [{ command: "sleep", args: true }] })
        const client = yield* Client.connectWebSocket(webSocketUrl, token)
        const child = yield* client.spawn("sleep", ["1000"])
        yield* Effect.promise(async () => {
          await untilItListens(page, broker)
          await open(page, "Clients")
          const connected = page.getByRole("region", { name: "Connected clients" }).getByRole("row", { name: "panel" })
          await connected.getByRole("cell", { name: "WebSocket" }).waitFor()
          await page.getByRole("button", { name: "Revoke panel" }).click()
          await page.getByRole("button", { name: "Keep it" }).click()
          await page.getByRole("dialog").waitFor({ state: "hidden" })
          await page.getByRole("button", { name: "Revoke panel" }).click()
          await page.getByLabel("End its processes, too (1 now)").check()
          await page.getByRole("button", { name: "Revoke it" }).click()
          await connected.waitFor({ state: "detached" })
          await page.getByRole("button", { name: "Revoke panel" }).waitFor({ state: "detached" })
          await open(page, "Audit")
          await page.getByLabel("Outcome").selectOption("noted")
          await page.getByRole("row", { name: "revoke, with processes" }).filter({ hasText: "user:ada" }).waitFor()
        })
        yield* Effect.exit(child.exit)
        assert.isTrue((yield* Effect.exit(client.list()))._tag === "Failure")
        assert.deepStrictEqual((yield* broker.stats).processes.live, 0)
      }).pipe(Effect.scoped, Effect.runPromise)
    ))

  it("derives a token with a smaller policy, is told in place what is wrong with one, and is shown it once", () =>
    visit("ada", ({ page, broker }) =>
      Effect.gen(function* () {
        const token = yield* Effect.promise(async () => {
          await open(page, "Clients")
          const policy = page.getByLabel("Policy, as JSON")
          const derive = page.getByRole("button", { name: "Derive a token" })
          await policy.fill("{")
          await derive.click()
          await page.getByRole("alert").getByText("This is no JSON").waitFor()
          await policy.fill(`{ "subject": "script", "cwd": "nowhere" }`)
          await derive.click()
          await page.getByRole("alert").getByText("InvalidArgument").waitFor()
          await policy.fill(`{ "subject": "script", "observe": "own", "expires": "1 hour" }`)
          await derive.click()
          const shown = await page.getByLabel("The new token").innerText()
          await page.getByRole("cell", { name: "user:ada/script", exact: true }).waitFor()
          await open(page, "Processes")
          await open(page, "Clients")
          await page.getByRole("cell", { name: "user:ada/script", exact: true }).waitFor()
          assert.strictEqual(await page.getByLabel("The new token").count(), 0)
          return shown
        })
        assert.deepStrictEqual(yield* broker.identify(token), { subject: "user:ada/script", observe: "own" })
      }).pipe(Effect.scoped, Effect.runPromise)
    ))

  it("sees how the broker does, and by which rules it has decided", () =>
    visit("ada", ({ page, broker }) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => untilItListens(page, broker))
        const token = yield* broker.mint({ subject: "panel", commands: [{ command: "true" }] })
        const client = yield* Client.connect(yield* broker.openPort(), token)
        yield* client.run("true")
        yield* Effect.exit(client.run("rm", ["-r", "/"]))
        yield* Effect.promise(async () => {
          await open(page, "Health")
          await page.getByText("1; 1 denied, 0 limited, 0 failed").waitFor()
          await page.getByRole("img", { name: "Memory of the host" }).waitFor()
          await open(page, "Audit")
          await page.getByRole("row", { name: "allowed panel commands[0] true" }).waitFor()
          await page.getByRole("row", { name: "ended panel true: exit code 0" }).waitFor()
          await page.getByLabel("Outcome").selectOption("denied")
          await page.getByRole("row", { name: "denied panel commands" }).filter({ hasText: "rm -r /" }).waitFor()
          assert.strictEqual(await page.getByRole("row", { name: "allowed" }).count(), 0)
        })
      }).pipe(Effect.scoped, Effect.runPromise)
    ))

  it.each([
    ["light", 1280],
    ["dark", 390]
  ] as const)("is kept from nothing, in %s, %i pixels wide", (colorScheme, width) =>
    visit("ada", async ({ page, broker }) => {
      await untilItListens(page, broker)
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      for (const view of ["Clients", "Health", "Audit"]) {
        await open(page, view)
        await page.getByText("Loading …").last().waitFor({ state: "hidden" })
        if (view === "Audit") await page.getByRole("cell", { name: "user:ada" }).first().waitFor()
        await page.screenshot({ path: join(pictures, `${view} ${width}.png`) })
        await inspect(page, view)
      }
    })
  )
})

describe.skipIf(!hasBrowser)("who is no admin", () => {
  it.each(["vera", "otto"] as const)("sees nothing of it, and is refused what he asks for by himself: %s", (user) =>
    visit(user, async ({ page }) => {
      for (const view of ["Clients", "Health", "Audit"]) {
        assert.strictEqual(await page.getByRole("link", { name: view, exact: true }).count(), 0)
        await page.goto(new URL(`/#/${view.toLowerCase()}`, page.url()).href)
        await page.getByLabel("Filter").waitFor()
      }
      const statuses = await page.evaluate(`Promise.all([
        fetch("/admin/clients"), fetch("/admin/tokens"), fetch("/admin/health"),
        fetch("/admin/revoke", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ id: "0000000000000000", kill: true })
        })
      ]).then((answers) => answers.map(({ status }) => status))`)
      assert.deepStrictEqual(statuses, [403, 403, 403, 403])
    })
  )

  it("sees no button by which a viewer would end what is another's", () =>
    visit("vera", ({ page, broker }) =>
      Effect.gen(function* () {
        const token = yield* broker.mint({ subject: "panel", commands: [{ command: "sleep", args: true }] })
        const client = yield* Client.connect(yield* broker.openPort(), token)
        const child = yield* client.spawn("sleep", ["1000"])
        yield* Effect.promise(async () => {
          await page.goto(new URL(`/#/process/${child.id}`, page.url()).href)
          await page.getByRole("button", { name: "Save output" }).waitFor()
          for (const name of ["Stop", "Send", "Send line"]) {
            assert.strictEqual(await page.getByRole("button", { name, exact: true }).count(), 0)
          }
        })
      }).pipe(Effect.scoped, Effect.runPromise)
    ))
})
