import { createAction } from "nango"
import { applyReconcile, perform } from "../lib/core.js"
import { ApplyInput, ApplyOutcome, Lease } from "../reconcile.js"

export default createAction({
  description:
    "Makes the server have exactly these people, a part in each call; stops before it takes away more than the policy lets it.",
  version: "1.0.0",
  endpoint: { method: "POST", path: "/loom-scim/reconcile/apply", group: "Reconcile" },
  input: ApplyInput,
  output: ApplyOutcome,
  checkpoint: Lease,
  scopes: ["users:read", "users:write", "groups:read", "groups:write"],
  exec: (nango, input) => perform(nango, { input, as: ApplyInput, by: applyReconcile, answer: ApplyOutcome })
})
