import { createAction } from "nango"
import { z } from "zod"
import { perform, runDoctor } from "../lib/core.js"
import { Nothing } from "../models.js"
import { LeavingPolicy } from "../people.js"

const Input = z.object({
  write: z
    .boolean()
    .optional()
    .describe(
      "Proves the rest with a disposable user and group, and removes them again. Nothing is changed otherwise."
    ),
  domain: z
    .string()
    .min(3)
    .optional()
    .describe("A domain that the workspace has verified, for the address of the disposable user; needed to write."),
  policy: LeavingPolicy.optional(),
  removeLeftovers: z.boolean().optional().describe("Removes what earlier runs that were cut off left behind."),
  seed: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Makes the names that the doctor thinks up the same in each run, for a recorded run; leave it out otherwise."
    )
})

const Finding = z.object({
  check: z.string().describe('The name of the check. Example: "filterUserName"'),
  severity: z.enum(["ok", "info", "warning", "error", "skipped"]),
  evidence: z.string().describe("What was asked and what came back."),
  meaning: z.string().describe("What it means for provisioning to Loom."),
  next: z.string().describe("What a person does; empty when there is nothing to do.")
})

const Report = z.object({
  verdict: z.enum(["ok", "warning", "error"]).describe("The worst that was found. error: provisioning would go wrong."),
  counts: z.object({
    ok: z.number().int(),
    info: z.number().int(),
    warning: z.number().int(),
    error: z.number().int(),
    skipped: z.number().int()
  }),
  findings: z.array(Finding).describe("One for each check, in the order in which they were made."),
  quirks: z
    .array(
      z.object({
        name: z.string(),
        times: z.number().int().describe("How often it was seen."),
        server: z.string().describe("What the server does."),
        client: z.string().describe("What the functions do about it.")
      })
    )
    .describe("What the server does differently from the RFCs.")
})

export default createAction({
  description:
    "Examines the server, and keeps what was learnt of it in the connection's metadata for the other functions.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/doctor", group: "Diagnosis" },
  input: Input,
  output: Report,
  metadata: Nothing,
  scopes: ["users:read", "users:write", "groups:read", "groups:write"],
  exec: (nango, input) => perform(nango, { input, as: Input, by: runDoctor, answer: Report })
})
