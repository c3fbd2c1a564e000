/** What Nango's platform says of a run. */
import type { NangoActionBase } from "@nangohq/runner-sdk"

/** The properties that Nango's own classes are made with. */
export type Props = ConstructorParameters<typeof NangoActionBase>[0]

type Kind = Extract<Props["scriptType"], "action" | "on-event" | "sync">

/** The run of a function. */
export const propsOf = (scriptType: Kind, name: string): Props => ({
  scriptType,
  connectionId: "connection",
  nangoConnectionId: 1,
  environmentId: 1,
  environmentName: "test",
  team: { id: 1, name: "test" },
  providerConfigKey: "loom-scim",
  provider: "loom-scim",
  activityLogId: "log",
  secretKey: "none",
  syncId: "sync",
  syncJobId: 1,
  runnerFlags: {
    validateActionInput: true,
    validateActionOutput: true,
    validateSyncRecords: true,
    validateSyncMetadata: true,
    exportRunnerTelemetry: false
  },
  logger: { level: "debug" },
  debug: false,
  startedAt: new Date(0),
  endUser: null,
  syncConfig: {
    id: 1,
    sync_name: name,
    nango_config_id: 1,
    file_location: "",
    version: "1.0.0",
    models: [],
    active: true,
    runs: null,
    environment_id: 1,
    track_deletes: false,
    type: scriptType,
    auto_start: false,
    attributes: {},
    source: "repo",
    metadata: {},
    input: null,
    sync_type: null,
    webhook_subscriptions: null,
    enabled: true,
    models_json_schema: null,
    sdk_version: "0.71.10-zero",
    features: [],
    created_at: new Date(0),
    updated_at: new Date(0),
    deleted: false,
    deleted_at: null
  }
})
