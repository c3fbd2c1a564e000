import { createAction } from "nango"
import { perform, planReconcile } from "../lib/core.js"
import { PlanInput, PlanOutcome } from "../reconcile.js"

export default createAction({
  description: "Says what would be done to make the server have exactly these people, and changes nothing.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/reconcile/plan", group: "Reconcile" },
  input: PlanInput,
  output: PlanOutcome,
  scopes: ["users:read", "groups:read"],
  exec: (nango, input) => perform(nango, { input, as: PlanInput, by: planReconcile, answer: PlanOutcome })
})
