/** People as Nango's unified models have them. */
import { z } from "zod"

/** Nango's unified models of people. */
export const User = z.object({
  id: z.string(),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string()
})

export const CreateUser = z.object({
  firstName: z.string().describe("First name."),
  lastName: z.string().describe("Last name."),
  email: z.string().describe("E-mail address; it becomes the user name too.")
})

export const IdEntity = z.object({ id: z.string().min(1) })

export const SuccessResponse = z.object({ success: z.boolean() })
