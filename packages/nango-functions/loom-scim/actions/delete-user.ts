import { createAction } from "nango"
import { deleteUnifiedUser, perform } from "../lib/core.js"
import { IdEntity, SuccessResponse } from "../models.js"

export default createAction({
  description: "Deletes a user.",
  version: "1.0.0",
  endpoint: { method: "DELETE", path: "/loom-scim/people", group: "People" },
  input: IdEntity,
  output: SuccessResponse,
  scopes: ["users:write"],
  exec: (nango, input) => perform(nango, { input, as: IdEntity, by: deleteUnifiedUser, answer: SuccessResponse })
})
