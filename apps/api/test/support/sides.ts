/** A data directory and a server: the same command on both, held against each other. */
import { assert } from "@effect/vitest"
import type { Place } from "../../../tui/test/support/connected.ts"
import type { Ran } from "./programs.ts"
import { loomScim, runServer } from "./programs.ts"

/** Runs a command; what it is told may depend on the side it is on. */
export type Side = (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => Promise<Ran>

/** People who are created at once come in any order, and stand so on the server. */
const inOrder = (text: string): string => {
  const isItem = (line: string) => line.includes("ItemSettled") || line.endsWith("has that external id or name by now")
  const lines = text
    .replace(/(?<="moved":\[\{).*(?=\}\])/, (moved) => moved.split("},{").toSorted().join("},{"))
    .split("\n")
  const sorted = lines.filter(isItem).toSorted()
  return lines.map((line) => (isItem(line) ? sorted.shift() : line)).join("\n")
}

/** Without what differs between any two runs of a program. */
export const masked = ({ code, stderr, stdout }: Ran) => {
  const plain = (text: string) =>
    text
      .replaceAll(/directory_(?:user|group)_[0-9A-Z]+/g, "ID")
      .replaceAll(/\b\d{8}-\d{6}-[a-z0-9]{6}\b/g, "RUN")
      .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z| UTC)?/g, "TIME")
      .replaceAll(/doctor-[0-9a-f]{12}/g, "DOCTOR")
      .replaceAll(/"[0-9a-f]{14}"/g, "FINGERPRINT")
      .replaceAll(/http:\/\/127[^"\s]*/g, "URL")
      .replaceAll(/"name":"[^"]*","face":"(?:api|cli)"/g, "WHO")
      .replaceAll(/(?:key first \(\w+\)|\S+) \((?:api|cli)\)/g, "WHO")
      .replaceAll(/(?:after|Took|Since|in) \d+ (?:s|min \d+ s)(?: \([\d.]+\/s\))?/g, "FOR SOME TIME")
      // A server is told what a file is called, and not where it is.
      .replaceAll(/\/[^\s"]*\/(?=[a-z]+\.(?:csv|json))/g, "")
      // As wide as who did it.
      .replaceAll(/ {2,}/g, "  ")
  return { code, stdout: inOrder(plain(stdout)), stderr: plain(stderr) }
}

/** The run that an output tells of. */
export const runIn = ({ stdout }: Ran): string => /\b\d{8}-\d{6}-[a-z0-9]{6}\b/.exec(stdout)?.[0] ?? ""

const lab = ["--allow-private-network"]

/** The server on the data directory of a place. */
export const serverOf = async ({ directory }: Place, args: ReadonlyArray<string> = []) => {
  const server = await runServer(["--data-dir", directory, ...lab, "--rate-limit", "10000", ...args])
  return server
}

/** Commands on the data directory of a place. */
export const on =
  ({ directory }: Place): Side =>
  (args, env) =>
    loomScim([...args, "--data-dir", directory], env)

/** Commands over a server. */
export const over =
  (base: string, key: string): Side =>
  (args, env) =>
    loomScim([...args, "--server", base], { LOOM_SCIM_API_KEY: key, ...env })

/** Has both sides do it, and holds one against the other. */
export const bothOf =
  (local: Side, remote: Side) => async (args: (side: "here" | "there") => ReadonlyArray<string>, code: number) => {
    const [here, there] = await Promise.all([local(args("here")), remote(args("there"))])
    assert.deepStrictEqual(masked(there), masked(here), args("here").join(" "))
    assert.strictEqual(here.code, code, here.stdout + here.stderr)
    return { here, there }
  }
export type Both = ReturnType<typeof bothOf>
