/** What is said of a deletion. */
import { z } from "zod"

/** What is said of a resource that was deleted. */
export const Deleted = z.object({ id: z.string(), deleted: z.boolean().describe("Always true.") })
