/** The API as a whole. Server, client, documentation and the authorisation test all derive from this definition. */
import { HttpApi, OpenApi } from "effect/http-api"
import { AuditGroup } from "./Audit.ts"
import { ChecksGroup } from "./Checks.ts"
import { ConnectionsGroup } from "./Connections.ts"
import { CredentialsGroup } from "./Credentials.ts"
import { finished } from "./documentation.ts"
import { DoctorGroup } from "./Doctor.ts"
import { GroupsGroup } from "./Groups.ts"
import { HealthGroup } from "./Health.ts"
import { JobsGroup } from "./Jobs.ts"
import { KeysGroup } from "./Keys.ts"
import { PlansGroup } from "./Plans.ts"
import { RunsGroup } from "./Runs.ts"
import { ProfileGroup } from "./Profile.ts"
import { ProvisionGroup } from "./Provision.ts"
import { SchedulesGroup } from "./Schedules.ts"
import { SetupGroup } from "./Setup.ts"
import { UsersGroup } from "./Users.ts"
import { WebhooksGroup } from "./Webhooks.ts"

/** Everything under /v1, and health beside it. A new group is added before the prefix. */
export class Api extends HttpApi.make("loom-scim")
  .add(ConnectionsGroup, SetupGroup, CredentialsGroup, ChecksGroup, PlansGroup, RunsGroup, KeysGroup, AuditGroup)
  .add(UsersGroup, GroupsGroup, DoctorGroup, ProfileGroup, JobsGroup)
  .add(WebhooksGroup)
  .add(SchedulesGroup)
  .add(ProvisionGroup)
  .prefix("/v1")
  .add(HealthGroup)
  .annotateMerge(
    OpenApi.annotations({
      title: "loom-scim API",
      version: "1",
      description:
        "From Loom Enterprise to people provisioned by SCIM, provably. Every error is an RFC 9457 problem with a stable type and the next step; every POST takes an Idempotency-Key; lists are paged by cursor; a connection's ETag is its sequence.",
      license: { name: "MIT", identifier: "MIT" },
      transform: finished
    })
  ) {}
