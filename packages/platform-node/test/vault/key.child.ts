/** Another process that needs keys: asks for a hundred, starting at the given moment, and says which it got. */
import { Effect } from "effect"
import { join } from "node:path"
import * as KeyFile from "../../src/vault/KeyFile.ts"

const [, , directory = "", moment = "0"] = process.argv

// Waiting without sleeping keeps two processes in step to the microsecond.
let now = Date.now()
while (now < Number(moment)) now = Date.now()

const ids = await Effect.runPromise(
  Effect.forEach(Array.from({ length: 100 }), (_, index) =>
    Effect.map(KeyFile.ensure(join(directory, `key${index}`)), ([key]) => key?.id)
  )
)
process.stdout.write(ids.join())
