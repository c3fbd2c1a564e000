/** Debian's Chromium, where it is installed; what a page says and asks for while it is used. */
import { existsSync } from "node:fs"
import { chromium } from "playwright-core"
import type { Page } from "playwright-core"
import { closing } from "../support/api.ts"

const executablePath = "/usr/bin/chromium"

/** True where these tests cannot run, which is not allowed when somebody says that they must. */
export const isMissing = !existsSync(executablePath) && process.env["LOOM_SCIM_REQUIRE_CHROMIUM"] !== "1"

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** A page, with everything that would be wrong about it. */
export interface Watched {
  readonly page: Page
  /** What its console says, errors and warnings. */
  readonly said: ReadonlyArray<string>
  /** Requests to anywhere else than `base`. */
  readonly outside: ReadonlyArray<string>
}

/** Opens a browser with an empty page; closed with the rest. */
export const open = async (base: string, colorScheme: "light" | "dark" = "light"): Promise<Watched> => {
  const browser = await chromium.launch({ executablePath, args })
  closing(() => browser.close())
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(20_000)
  const said: Array<string> = []
  const outside: Array<string> = []
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") said.push(message.text())
  })
  page.on("pageerror", (error) => said.push(error.message))
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(`${base}/`) && !/^(?:data|blob|about):/.test(url)) outside.push(url)
  })
  return { page, said, outside }
}
