/** Where a person here finds what a server says is somewhere in an upload. */
import type { Action } from "@loom-scim/core/provisioning/Action"
import type { Upload } from "./upload.ts"

/** An action where the person here has it. */
export const placed = (action: Action, placeOf: Upload["placeOf"]): Action =>
  "at" in action && action.at !== null ? { ...action, at: placeOf(action.at) } : action
