/** The workflow engine of one process, on the database of the store. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Layer } from "effect"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as SingleRunner from "effect/cluster/SingleRunner"

/**
 * Carries workflows out in this process, and keeps where they stand in tables of its own in the context's `SqlClient`:
 * after a crash they go on with the next process. Two processes on one database would both carry them out.
 *
 * Asked for messages often: the default of ten seconds makes a sleep of two last nearly ten.
 */
export const layer = ClusterWorkflowEngine.layer.pipe(
  Layer.provideMerge(
    SingleRunner.layer({
      runnerStorage: "memory",
      shardingConfig: {
        entityMessagePollInterval: "200 millis",
        shardsPerGroup: 32,
        // What is cut short goes on with the next process; the default is fifteen seconds.
        entityTerminationTimeout: "1 second"
      }
    })
  ),
  Layer.provide(NodeCrypto.layerDigest)
)
