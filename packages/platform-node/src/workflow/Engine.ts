/** The workflow engine of one process, on the database of the store. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Layer } from "effect"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as SingleRunner from "effect/cluster/SingleRunner"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import * as Lease from "./Lease.ts"

/**
 * Carries workflows out in this process, and keeps where they stand in tables of its own in the context's `SqlClient`:
 * after a crash they go on with the next process. Two processes on one database would both carry them out: see
 * {@link layerShared}.
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

/**
 * Carries out in this process what it is asked for, on a database that other processes use, too, nodes of a cluster among
 * them. Of each run one of them does; the others wait until that one has let go or fallen silent.
 *
 * Where a workflow stands is forgotten with the process, and no other has to go on with it: where its run stands is in the
 * run's own journal.
 */
export const layerShared = Layer.merge(WorkflowEngine.layerMemory, Lease.layer())
