/** Resources that are ours though nothing remembers them: the server shows the external id that we give. */
import { Schema } from "effect"

/** One of them. From now on it can be known as managed. */
export const Recognised = Schema.Struct({
  endpoint: Schema.Literals(["Users", "Groups"]),
  id: Schema.String,
  /** The external id; of a group, its key. */
  key: Schema.String
})
export type Recognised = typeof Recognised.Type
