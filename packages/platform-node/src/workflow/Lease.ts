/** How long a process keeps a run without a sign of life, where several share a database. */
import { RunLease } from "@loom-scim/core/runs/Tenure"
import { Layer } from "effect"

/** How long a process may say nothing before others take over what it carried out, in milliseconds. */
export const usualSilence = 8000

/**
 * A process that was frozen or cut off finds out late that its runs are another's. So a run is only taken from one that
 * said nothing of it for so long, and that one sends nothing once it was silent for two thirds of that. `silence` is the
 * same for all processes on a database.
 */
export const layer = (silence = usualSilence) => Layer.succeed(RunLease, (silence * 3) / 8)
