/** The workflow engine of one node of several, which share a PostgreSQL. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { RunLease } from "@loom-scim/core/runs/Tenure"
import { Layer, Option } from "effect"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"

/**
 * A node that was frozen or cut off finds out late that its runs are another's. So a run is only taken from a node that
 * said nothing of it for so long, and that node sends nothing once it was silent for two thirds of that.
 */
const lease = Layer.succeed(RunLease, 3000)

/**
 * Carries out its share of the workflows in the context's `SqlClient`, and takes over those of nodes that die: within
 * about twelve seconds, or at once from a node whose layer is closed.
 *
 * Nodes do not talk to each other: what one asks of another stands in the database, where each looks four times a second.
 * So a node listens on no port, and nobody but the database has to be trusted.
 *
 * `node` is what this node is called among the others; no two processes have the same, also not one after the other.
 */
export const layer = (options: { readonly node: string }) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(
      Sharding.layer.pipe(
        Layer.provideMerge(Runners.layerNoop),
        Layer.provideMerge(SqlMessageStorage.layer),
        Layer.provide([Layer.orDie(SqlRunnerStorage.layer), RunnerHealth.layerNoop]),
        Layer.provide(
          ShardingConfig.layer({
            // A name only: nothing listens there.
            runnerAddress: Option.some(RunnerAddress.make(options.node, 0)),
            shardsPerGroup: 32,
            shardLockExpiration: "8 seconds",
            shardLockRefreshInterval: "2 seconds",
            refreshAssignmentsInterval: "1 second",
            entityMessagePollInterval: "250 millis",
            entityReplyPollInterval: "250 millis",
            entityTerminationTimeout: "5 seconds"
          })
        )
      )
    ),
    Layer.provideMerge(lease),
    Layer.provide(NodeCrypto.layerDigest)
  )
