/** What is asked for by its id. */
import { z } from "zod"
import { described } from "./fields.js"

/** One resource by its id. */
export const ById = z.object({
  id: described(z.string().min(1), 'The id that the server gave. Example: "2819c223-7f76-453a-919d-413861904646"')
})
