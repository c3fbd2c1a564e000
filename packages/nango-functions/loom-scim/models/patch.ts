/** Changes. */
import { z } from "zod"

/** One operation of a PATCH (RFC 7644 §3.5.2). */
export const PatchOperation = z.object({
  op: z.enum(["add", "replace", "remove"]),
  path: z.string().optional().describe('What to change; needed to remove. Example: "name.familyName"'),
  value: z.unknown().optional().describe("What to add, or to put in the place of what is there.")
})
