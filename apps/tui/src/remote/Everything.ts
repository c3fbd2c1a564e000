/** All that commands use, over the API of a server. */
import { Layer } from "effect"
import type { Access } from "./Access.ts"
import { Client } from "./Client.ts"
import * as Directory from "./Directory.ts"
import * as Examinations from "./Examinations.ts"
import * as Looks from "./Looks.ts"
import * as PlansOver from "./PlansOver.ts"
import * as ProposalsOver from "./ProposalsOver.ts"
import * as Remote from "./Remote.ts"
import * as RunsOver from "./RunsOver.ts"
import * as SavedPlansOver from "./SavedPlansOver.ts"
import { Standings } from "./Standings.ts"
import { Whereabouts } from "./Whereabouts.ts"

/** Over that server. */
export const layer = (access: Access) =>
  Layer.mergeAll(
    Remote.layer,
    Directory.layer,
    Examinations.layer,
    ProposalsOver.layer,
    PlansOver.layer,
    RunsOver.layer,
    SavedPlansOver.layer
  ).pipe(
    Layer.provideMerge(Looks.layer),
    Layer.provide(Standings.layer),
    Layer.provide(Whereabouts.layer),
    Layer.provide(Client.layer(access))
  )
