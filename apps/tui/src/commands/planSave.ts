/** Keeps a plan in a file, and reads it again. */
import type { Connected } from "@loom-scim/core/operations/ConnectedClient"
import * as PlanFile from "@loom-scim/core/provisioning/PlanFile"
import type { Planned } from "@loom-scim/core/runs/SyncPlan"
import { DateTime, Effect, Result } from "effect"
import { open, readFile, rename, rm } from "node:fs/promises"
import { codes, Ended } from "../Exit.ts"
import { fileTrouble } from "../plain/FileTrouble.ts"
import type { PlanningFlags } from "./subject.ts"

const failed = (what: string) => (cause: unknown) =>
  new Ended({ code: codes.usage, reason: "PlanFileFailed", detail: `${what}: ${fileTrouble(cause)}` })

/** Wholly or not at all, and for nobody else to read: people are in it. */
const write = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${process.pid}.draft`
  try {
    const file = await open(draft, "wx", 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true })
    throw cause
  }
}

/** Writes a plan to a file. */
export const save = Effect.fn("planSave.save")(function* (
  path: string,
  { plan, policy, recognised: found, source }: Planned,
  { adopt }: Pick<PlanningFlags, "adopt">,
  connected: Pick<Connected, "id" | "url">
): Effect.fn.Return<void, Ended> {
  const recognised = found.map(({ endpoint, id, key }) => ({ endpoint, id, key }))
  const madeAt = yield* DateTime.now
  yield* Effect.tryPromise({
    try: () =>
      write(path, PlanFile.toJson(PlanFile.make({ connected, madeAt, source, adopt, policy, recognised, plan }))),
    catch: failed(`The plan cannot be saved to ${path}`)
  })
})

/** Reads a plan that was saved, for the connection it was made for. */
export const load = Effect.fn("planSave.load")(function* (
  path: string,
  connected: Pick<Connected, "id" | "url">
): Effect.fn.Return<PlanFile.PlanFile, Ended> {
  const text = yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: failed(`The plan ${path} cannot be read`)
  })
  const file = Result.flatMap(PlanFile.fromJson(text), (kept) =>
    Result.map(PlanFile.refuseOther(kept, connected), () => kept)
  )
  return yield* Effect.fromResult(
    Result.mapError(
      file,
      ({ _tag, message }) => new Ended({ code: codes.usage, reason: _tag, detail: `${path}: ${message}` })
    )
  )
})
