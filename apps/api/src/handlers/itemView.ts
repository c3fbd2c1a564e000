/** What became of one object, as the API shows it. */
import type { Item } from "@loom-scim/contract/Runs"
import type { RunItem } from "@loom-scim/core/runs/RunItem"

/** An item in short: what was done to whom, and what came of it. */
export const itemOf = ({ action, ...rest }: RunItem): Item => ({
  ...rest,
  action: action._tag,
  label: action.label,
  key: action.key
})
