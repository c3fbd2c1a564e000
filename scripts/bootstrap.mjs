// The door of the project for a machine that has nothing but Node >= 20 and npm: installs what is missing, then runs
// the task on the Node version that the workspace brings along. Plain JavaScript without imports of ours, since it
// runs before anything is installed.
import { spawnSync, spawn } from "node:child_process"
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const inRoot = (...parts) => join(root, ...parts)
const { version: pnpmVersion } = JSON.parse(readFileSync(inRoot("package.json"), "utf8")).devEngines.packageManager
const windows = process.platform === "win32"
const node = inRoot("node_modules", "node", "bin", windows ? "node.exe" : "node")
const turbo = inRoot("node_modules", ".bin", windows ? "turbo.cmd" : "turbo")
// Turbo looks for pnpm, and everything for node, in the PATH: the workspace brings both along.
const environment = {
  ...process.env,
  PATH: `${inRoot("node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  npm_config_update_notifier: "false"
}

/** Runs a program to its end and leaves with its status when it fails. */
const must = (command, args, stdio = "inherit") => {
  const { error, signal, status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env: environment,
    shell: windows,
    stdio,
    encoding: "utf8"
  })
  if (status === 0) return
  if (error) process.stderr.write(`${error.message}\n`)
  // What ran in sight has said itself what is wrong, and its last line stays the last.
  if (stdio === "pipe") {
    process.stderr.write(`${stdout ?? ""}${stderr ?? ""}loom-scim: ${command} ${args.slice(0, 3).join(" ")} failed\n`)
  }
  process.exit(status ?? (signal ? 130 : 1))
}

// The peers that the interop tests run against and Nango's own CLI are most of what is installed; tests and benchmarks need
// them, the program does not.
const testsOnly = ["packages/interop", "packages/nango-functions"]

const install = (isWhole) => {
  const marker = inRoot("node_modules", ".modules.yaml")
  const fresh =
    existsSync(marker) &&
    existsSync(node) &&
    (!isWhole || testsOnly.every((home) => existsSync(inRoot(home, "node_modules")))) &&
    statSync(marker).mtimeMs >= statSync(inRoot("pnpm-lock.yaml")).mtimeMs
  if (fresh) return
  process.stderr.write("loom-scim: installing what is missing (once, about 20 s)\n")
  const filter = isWhole ? [] : testsOnly.flatMap((home) => ["--filter", `!./${home}`])
  must("npx", ["-y", `pnpm@${pnpmVersion}`, "install", "--frozen-lockfile", ...filter], "pipe")
  const now = new Date()
  utimesSync(marker, now, now)
}

const buildApp = (...others) => {
  const filters = ["loom-scim", ...others].map((name) => `--filter=${name}`)
  must(turbo, ["run", "build", ...filters, "--output-logs=errors-only"], "pipe")
}

// Without a limit V8 lets garbage of a long list gather to twice the memory; the time is the same.
const nodeFlags = ["--max-semi-space-size=8"]

/** Hands the terminal over to the app; its exit code is ours. */
const runApp = (args) => {
  const child = spawn(node, [...nodeFlags, inRoot("apps", "tui", "dist", "main.js"), ...args], { stdio: "inherit" })
  // Ctrl-C reaches the whole foreground group; the app decides how to leave, and we follow it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => {
    process.stderr.write(`loom-scim: ${error.message}\n`)
    process.exit(1)
  })
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
}

const [task, ...rest] = process.argv.slice(2)
// The benchmarks run what is deployed to Nango as well.
install(task === "test" || task === "bench")
switch (task) {
  case "demo":
    buildApp()
    runApp(["demo", ...rest])
    break
  case "run":
    buildApp()
    runApp(rest)
    break
  case "test":
    must(node, [inRoot("scripts", "test.ts"), ...rest])
    break
  case "bench":
    buildApp("loom-scim-api", "@loom-scim/nango-functions")
    for (const name of [
      "startup.ts",
      "protocol.ts",
      "client.ts",
      "limited.ts",
      "apply.ts",
      "plan.ts",
      "api.ts",
      "nodes.ts",
      "nango.ts"
    ]) {
      must(node, [...nodeFlags, "--expose-gc", inRoot("bench", name), ...rest])
    }
    break
  default:
    process.stderr.write("usage: node scripts/bootstrap.mjs demo|run|test|bench\n")
    process.exit(2)
}
