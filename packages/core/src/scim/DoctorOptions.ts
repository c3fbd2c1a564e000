/** How the doctor examines a connection. */
import type { Duration, Effect } from "effect"
import type { CheckError } from "./DoctorSession.ts"
import type { ProbeReport } from "./ProbeReport.ts"

/** Everything but a connection that the doctor takes. */
export interface DoctorOptions {
  /** Creates a disposable user and group, and removes them again. */
  readonly write: boolean
  /** Removes what earlier runs left; with or without {@link write}. */
  readonly removeLeftovers: boolean
  /** Domain of the disposable user's e-mail address: one that the workspace has verified. Null skips what writes. */
  readonly domain: string | null
  /** A fresh probe, for what a client does not show: media types, and what a wrong token opens. Null skips both. */
  readonly probe: Effect.Effect<ProbeReport, CheckError> | null
  /** Wait before reading again what a server may show with delay. Default 1 second, at most three times. */
  readonly readBackDelay?: Duration.Input
}
