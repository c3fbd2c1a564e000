/** The models of the functions that do a whole task, beyond single requests. */
import { z } from "zod"

/** Loom's roles; the spelling of its screens and that of its attribute are both taken. */
export const LoomRole = z
  .enum(["admin", "creator", "viewer", "Admin", "Creator", "Viewer"])
  .describe("The role in Loom. It takes effect once the identity provider's console maps the attribute.")

/** Whether people who leave are deactivated or deleted. */
export const LeavingPolicy = z
  .enum(["deactivate", "delete"])
  .describe("As Loom's \"Member Deprovisioning\" says. Left out: as the connection's set-up chose.")

/** Who is meant: at least one has to be given, and all that are have to fit. */
export const reference = {
  id: z.string().min(1).optional().describe("The id that the server gave."),
  externalId: z.string().min(1).optional().describe("The id in the directory that the person comes from."),
  userName: z.string().min(1).optional().describe("The name to log in with, in any case."),
  email: z
    .string()
    .min(1)
    .optional()
    .describe("The primary e-mail address; looked at when nothing above finds anybody.")
}

/** Whether anybody is named. */
export const isNamed = ({
  email,
  externalId,
  id,
  userName
}: Partial<Record<keyof typeof reference, unknown>>): boolean =>
  [email, externalId, id, userName].some((given) => given !== undefined)

/** What is said when nobody is. */
export const nobodyNamed = "give at least one of id, externalId, userName and email"

/** What was done about a person. */
export const PersonOutcome = z.object({
  id: z.string().nullable().describe("The id of the user; null when there is none."),
  outcome: z
    .enum(["created", "adopted", "reactivated", "updated", "deactivated", "deleted", "unchanged", "absent"])
    .describe("What was done. unchanged and absent: there was nothing to do."),
  changes: z
    .array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() }))
    .describe("Each attribute that was changed.")
})

/** Who joins or leaves a group. */
export const Membership = z.object({
  groupId: z.string().min(1).describe("The id of the group."),
  userIds: z
    .array(z.string().min(1))
    .min(1)
    .max(20_000)
    .describe("The ids of the users. Those for whom there is nothing to do are left alone.")
})

/** What came of it. */
export const MembershipOutcome = z.object({
  groupId: z.string(),
  moved: z.number().int().describe("How many joined or left, as the group shows now."),
  unchanged: z.number().int().describe("How many needed nothing."),
  dropped: z.array(z.string()).describe("Ids of those whom the server answered success for and did not move."),
  doubt: z.string().nullable().describe("What could not be proven by reading the group back; null when all was.")
})

/** An error as an answer, with the words that an error has. */
export const FailureModel = z.looseObject({
  type: z.string().describe('For programs. Example: "unauthorized"'),
  message: z.string().describe("What happened."),
  next: z.string().describe("What a person does about it.")
})
