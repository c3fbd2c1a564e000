/** A check whose lines are kept as the last of its connection. */
import { DateTime, Effect } from "effect"
import type { JournalFailure } from "../ports/Journal.ts"
import { type KeptChecks, Reports } from "../ports/Reports.ts"
import * as Check from "./Check.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import type { Actor } from "./Evidence.ts"
import type { SetupRefused } from "./SetupRefused.ts"
import type { SetupService } from "./SetupService.ts"

/** Checks everything that can be checked, and keeps what was seen. */
export const run = Effect.fn("CheckKept.run")(function* (
  id: ConnectionId,
  by: Actor
): Effect.fn.Return<KeptChecks, SetupRefused | JournalFailure, SetupService | Reports> {
  const results = yield* Check.run(id, by)
  const checks = { at: yield* DateTime.now, by: by.name, results }
  yield* Reports.use((reports) => reports.keepChecks(id, checks))
  return checks
})
