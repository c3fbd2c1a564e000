/** The workflow engine of one node of several, which share a PostgreSQL. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Duration, Layer, Option } from "effect"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Lease from "./Lease.ts"

/**
 * Carries out its share of the workflows in the context's `SqlClient`, and takes over those of nodes that die: within
 * about twelve seconds, or about two from a node whose layer is closed.
 *
 * Nodes do not talk to each other: what one asks of another stands in the database, where each looks four times a second.
 * So a node listens on no port, and nobody but the database has to be trusted.
 *
 * `node` is what this node is called among the others; no two processes have the same, also not one after the other.
 * `silence` is the same for all: how long each may say nothing, in milliseconds; eight seconds unless it is told.
 */
export const layer = ({ node, silence = Lease.usualSilence }: { readonly node: string; readonly silence?: number }) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(
      Sharding.layer.pipe(
        Layer.provideMerge(Runners.layerNoop),
        Layer.provideMerge(SqlMessageStorage.layer),
        Layer.provide([Layer.orDie(SqlRunnerStorage.layer), RunnerHealth.layerNoop]),
        Layer.provide(
          ShardingConfig.layer({
            // A name only: nothing listens there.
            runnerAddress: Option.some(RunnerAddress.make(node, 0)),
            shardsPerGroup: 32,
            shardLockExpiration: Duration.millis(silence),
            shardLockRefreshInterval: Duration.millis(silence / 4),
            refreshAssignmentsInterval: "1 second",
            entityMessagePollInterval: "250 millis",
            entityReplyPollInterval: "250 millis",
            // Runs have settled what they sent before this is closed; it is always waited for to the end, and others with it.
            entityTerminationTimeout: "1 second"
          })
        )
      )
    ),
    Layer.provideMerge(Lease.layer(silence)),
    Layer.provide(NodeCrypto.layerDigest)
  )
