import { createAction } from "nango"
import { z } from "zod"
import { perform, setupStatus } from "../lib/core.js"
import { Nothing } from "../models.js"
import { FailureModel } from "../people.js"

const StepStatus = z.object({
  step: z.enum([
    "prerequisites",
    "domains",
    "sso",
    "credentials",
    "bridgeUrl",
    "domainCapture",
    "deprovisioning",
    "connect"
  ]),
  position: z.number().int().describe("1 to 8, in the order in which a person meets them."),
  from: z
    .enum(["seen", "pushed", "unknown"])
    .describe("How it is known: by a request just now, as the set-up said when it was pushed, or not from here."),
  done: z.boolean().nullable().describe("Null when it cannot be told."),
  detail: z.string(),
  next: z.string().describe("What a person does; empty when there is nothing to do.")
})

const Status = z.object({
  connected: z.boolean().describe("Whether users could be read just now."),
  failure: FailureModel.nullable().describe("Why not; null when they could."),
  setup: z
    .object({
      connection: z.string().describe("The id of the set-up."),
      deprovisioning: z.string().describe("What it chose for people who leave."),
      sameServer: z.boolean().describe("Whether this connection still points to the server it was made for.")
    })
    .nullable()
    .describe("The guided set-up that this connection was pushed from; null without one."),
  quirks: z.number().int().describe("How many differences from the RFCs are known; run-doctor names them."),
  steps: z.array(StepStatus)
})

export default createAction({
  description: "Says what is known of the guided set-up from here: what a request sees now, and what the set-up left.",
  version: "1.0.0",
  endpoint: { method: "GET", path: "/loom-scim/setup", group: "Diagnosis" },
  input: Nothing,
  output: Status,
  scopes: ["users:read"],
  exec: (nango, input) => perform(nango, { input, as: Nothing, by: setupStatus, answer: Status })
})
