// `npm test`: formats checked, borders checked, then every package is built, type-checked, linted and tested through
// turbo's cache; the last line counts the tests.
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name: string) => join(root, "node_modules", ".bin", name)

const run = (command: string, args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { cwd: root, stdio: "inherit" }).status === 0

const homes = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name))
)
const reportOf = (home: string) => join(home, ".turbo", "test-report.json")
if (process.argv.includes("--force")) for (const home of homes) rmSync(reportOf(home), { force: true })

const clean =
  run(bin("oxfmt"), ["--check", "."]) &&
  run(process.execPath, [join(root, "scripts", "boundaries.ts")]) &&
  run(bin("turbo"), ["run", "build", "check", "lint", "--output-logs=errors-only"])
const tested =
  clean && run(bin("turbo"), ["run", "test", "--concurrency=1", "--output-logs=new-only", ...process.argv.slice(2)])

let passed = 0
let failed = 0
let skipped = 0
for (const home of homes) {
  const file = reportOf(home)
  if (!existsSync(file)) continue
  const report: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(file, "utf8"))
  passed += Number(report["numPassedTests"] ?? 0)
  failed += Number(report["numFailedTests"] ?? 0)
  skipped += Number(report["numPendingTests"] ?? 0)
}
if (skipped > 0) process.stdout.write(`${skipped} skipped; the reasons stand above\n`)
if (!clean) process.stdout.write("format, borders, build, types or lint failed: see above\n")
// A package that fails before its first test must count as a failure, not as silence.
process.stdout.write(`${passed} passed, ${tested ? failed : Math.max(failed, 1)} failed\n`)
process.exitCode = tested && failed === 0 ? 0 : 1
