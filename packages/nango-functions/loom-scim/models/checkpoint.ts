/** What syncs remember. */
import { z } from "zod"

/** What a sync remembers from one run to the next. */
export const SyncCheckpoint = z.object({
  since: z.string().describe("Whoever changed at this moment or later is asked for next; empty: that cannot be asked."),
  readAt: z.string().describe("When the whole list was last read."),
  refusedAt: z.string().describe("When the server showed that it cannot be asked for changes; empty when it can.")
})
