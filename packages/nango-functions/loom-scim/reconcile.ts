/** The models of the functions for everybody at once. */
import { z } from "zod"
import { LeavingPolicy, LoomRole } from "./people.js"

/** Somebody who is to be there. */
const DesiredPerson = z.object({
  externalId: z
    .string()
    .min(1)
    .describe("The lasting id of the person in the directory they come from. It tells who they are."),
  email: z.string().min(3).describe("Their address."),
  userName: z.string().min(1).optional().describe("The name to log in with; the address when left out."),
  givenName: z.string().optional().describe("First name."),
  familyName: z.string().optional().describe("Last name."),
  displayName: z.string().optional(),
  active: z.boolean().optional().describe("Whether they may log in; true when left out."),
  role: LoomRole.optional(),
  groups: z
    .array(z.string().min(1))
    .optional()
    .describe("Names of groups. Once anybody has groups, whoever has none is taken out of those that are ours."),
  attributes: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Further attributes by SCIM path; null takes one away. Example: {"title":"Engineer"}')
})

/** Everybody who is to be there. */
export const PlanInput = z.object({
  people: z
    .array(DesiredPerson)
    .describe("Everybody who is to be there. Whoever is ours and not among them leaves, as the policy says."),
  groups: z
    .array(z.object({ externalId: z.string().min(1), displayName: z.string().min(1) }))
    .optional()
    .describe("Groups with ids of their own, so that they can be renamed."),
  adopt: z
    .enum(["never", "unclaimed", "any"])
    .optional()
    .describe("Which existing users may be taken over: those without an external id (as when left out), none, or any."),
  leftGroups: z
    .enum(["empty", "delete"])
    .optional()
    .describe("What becomes of groups of ours that nobody names any more; emptied when left out."),
  policy: LeavingPolicy.optional()
})

/** The same, and how much of it at once. */
export const ApplyInput = PlanInput.extend({
  maxActions: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("How many actions in this call at most; any number when left out."),
  maxSeconds: z
    .number()
    .min(1)
    .max(600)
    .optional()
    .describe("How long this call begins new actions; 60 when left out."),
  allow: z
    .object({
      by: z.string().min(1).describe("Who says so."),
      plan: z.string().min(1).describe("The plan that they were shown; an allowance is about no other."),
      note: z.string().optional().describe("Why.")
    })
    .optional()
    .describe("A person's decision to carry out a plan that the guard holds.")
})

const Limit = z.object({ count: z.number().nullable(), percent: z.number().nullable() })

/** What the guard says of a plan. */
const Guard = z.object({
  verdict: z.enum(["clear", "held"]),
  reasons: z
    .array(
      z.object({
        reason: z.string().describe('Why it is held. Example: "TooManyLosses"'),
        count: z.number().optional(),
        of: z.number().optional().describe("The people we manage."),
        limit: Limit.optional(),
        labels: z.array(z.string()).optional().describe("The first of those it is about."),
        before: z.number().optional(),
        after: z.number().optional(),
        minimum: z.number().optional()
      })
    )
    .describe("Every reason; the limits are those of loomScimPolicy in the connection's metadata.")
})

/** One action of a plan. */
const PlannedAction = z.object({
  action: z.string().describe('What is done. Example: "Create"'),
  label: z.string().describe("The user name, or the name of the group."),
  key: z.string().nullable().describe("The external id."),
  id: z.string().nullable().describe("The id on the server; null before there is one."),
  reason: z.string(),
  why: z.string().describe("The reason in words."),
  changes: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })).optional(),
  members: z.object({ count: z.number(), names: z.array(z.string()) }).optional(),
  ids: z.array(z.string()).optional(),
  detail: z.string().optional()
})

const next = z.string().describe("What to do next.")

/** A plan. */
export const PlanOutcome = z.object({
  plan: z.string().describe("The fingerprint of what the plan does; an allowance names it."),
  summary: z.string().describe("The counts in one line."),
  counts: z.record(z.string(), z.number()).describe("How many of each action, of the whole plan."),
  skipped: z.record(z.string(), z.number()).describe("How many are left as they are, by reason."),
  census: z
    .object({
      people: z.number(),
      duplicates: z.number(),
      users: z.number(),
      managed: z.number(),
      active: z.number().optional().describe("Those of them who have access."),
      unmanaged: z.number(),
      admins: z.number()
    })
    .describe("What was counted on both sides."),
  withheld: z
    .array(z.object({ reason: z.string(), detail: z.string() }))
    .describe("Why nobody is taken for gone; empty when the list is proven whole."),
  guard: Guard,
  total: z.number().describe("How many actions there are."),
  shown: z.number().describe("How many of them are listed."),
  isTruncated: z.boolean().describe("Whether actions are left out of the list, since Nango takes no longer answer."),
  actions: z.array(PlannedAction).describe("In the order in which they would be done."),
  next
})

/** How far a run is. */
export const ApplyOutcome = z.object({
  run: z.string().describe("The run; the same in each call until it is over."),
  plan: z.string().describe("The fingerprint of what the run was to do."),
  status: z
    .enum(["completed", "unfinished", "held"])
    .describe("unfinished: call again. held: the guard waits for a person. completed: everything was tried."),
  planned: z.number().describe("How many actions the run has."),
  counts: z
    .object({
      planned: z.number().describe("Not begun."),
      intended: z.number().describe("May have been sent; the next call looks before it sends anything again."),
      done: z.number(),
      doubtful: z.number().describe("Answered with success, and not done as asked."),
      failed: z.number(),
      dropped: z.number().describe("Not tried, since something before it failed."),
      moot: z.number().describe("Not needed any more when it was its turn, or no longer what was planned.")
    })
    .describe("Of the whole run, over all calls."),
  conflicts: z.number().describe("How many people or groups it cannot be told what to do about; see plan-reconcile."),
  later: z.number().describe("How many actions came up since the run was begun; the next run does them."),
  guard: Guard,
  allowedBy: z.string().nullable().describe("Who allowed what the guard held."),
  results: z
    .array(
      z.object({
        action: z.string(),
        label: z.string(),
        key: z.string().nullable(),
        id: z.string().nullable(),
        outcome: z.enum(["doubtful", "failed", "dropped"]),
        error: z.string().optional(),
        message: z.string(),
        next: z.string()
      })
    )
    .describe("What did not go as planned in this call."),
  resultsTotal: z.number().describe("How many there are, whether or not they are listed."),
  next
})

/** Until when a call is at work, in milliseconds since 1970; 0 when none is. */
export const Lease = z.object({ until: z.number() })
