/** The workflow engine of one process, over a database of the store's tests. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Layer } from "effect"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as SingleRunner from "effect/cluster/SingleRunner"
import type { SqlClient } from "effect/sql/SqlClient"

/** Asked for messages often: the default of ten seconds makes a sleep of two last nearly ten. */
export const engine = <E>(database: Layer.Layer<SqlClient, E>) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(
      SingleRunner.layer({
        runnerStorage: "memory",
        shardingConfig: { entityMessagePollInterval: "200 millis", shardsPerGroup: 32 }
      })
    ),
    Layer.provide(NodeCrypto.layerDigest),
    Layer.provide(database)
  )
