/** Pages of a list. */
import { z } from "zod"

/** What a page of a list is asked for with. */
export const ListInput = z.object({
  cursor: z.string().optional().describe("As the answer before said; leave it out for the first page."),
  filter: z.string().optional().describe('A SCIM filter. Example: userName eq "user@example.com"'),
  count: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("Rows per page, 100 when left out; servers may give fewer."),
  attributes: z.array(z.string()).optional().describe("Only these attributes, and those that are always there."),
  excludedAttributes: z.array(z.string()).optional().describe('All attributes but these. Example: ["members"]')
})

/** What belongs to a page beside its rows. */
export const Paged = {
  totalResults: z.number().int().optional().describe("How many there are, as the server says; not always right."),
  nextCursor: z.string().optional().describe("Where the next page begins; absent after the last.")
}
