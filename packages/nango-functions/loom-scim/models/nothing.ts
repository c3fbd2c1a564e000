/** No input. */
import { z } from "zod"

/** Functions that need to be told nothing. */
export const Nothing = z.object({})
