/** A report of the doctor as the API and the pages show it. */
import type { DoctorReport } from "@loom-scim/contract/Doctor"
import type { KeptExamination } from "@loom-scim/core/ports/Reports"
import { failed } from "@loom-scim/core/scim/DoctorFinding"
import { DateTime } from "effect"
import { abandonedAfter } from "../Examinations.ts"

/** One whose process died is not running, whatever it wrote last. */
export const doctorView = ({ seenAt, ...kept }: KeptExamination, now: DateTime.Utc): typeof DoctorReport.Type => {
  const isAbandoned = kept.status === "running" && DateTime.isLessThan(seenAt, DateTime.subtract(now, abandonedAfter))
  const status = isAbandoned ? "interrupted" : kept.status
  return { ...kept, status, ok: status === "done" ? !failed(kept.findings) : null }
}
