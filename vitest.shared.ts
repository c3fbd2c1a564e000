import { fileURLToPath } from "node:url"

const json: ["json", { outputFile: string }] = ["json", { outputFile: ".turbo/test-report.json" }]

/** What the tests of all packages have in common. Each `vitest.config.ts` adds what its package needs. */
export const shared = {
  include: ["test/**/*.test.{ts,tsx}"],
  testTimeout: 60_000,
  // Without it vitest keeps one core for itself, which on a machine with two halves the speed.
  maxWorkers: "100%",
  // Many tests start processes, some dozens, from sources: compiled once, they start in half the time.
  env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url)) },
  reporters: ["default", json]
}
