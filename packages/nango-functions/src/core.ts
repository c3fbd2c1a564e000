/**
 * Everything that functions use of us, bundled with core and Effect into one module beside them: `loom-scim/lib/core.js`.
 * What is exported is declared with types of `nango`, `zod` and ours alone, since a Nango project has no others.
 */
// oxlint-disable-next-line import/no-unassigned-import -- needed before the modules below are evaluated
import "./globals.ts"
import * as Discovery from "./Discovery.ts"
import * as Doctor from "./Doctor.ts"
import type { Event } from "./EventNango.ts"
import * as Events from "./Events.ts"
import type { Operation } from "./FunctionNango.ts"
import type { GroupUpdate, Id, ListInput, NewPerson, NewResource, Nothing, PatchInput, UserUpdate } from "./Inputs.ts"
import * as Lists from "./Lists.ts"
import * as Members from "./Members.ts"
import { operation } from "./operation.ts"
import type { DeprovisionInput, DoctorInput, MembersInput, ProvisionInput, RoleInput } from "./PeopleInputs.ts"
import * as Provision from "./Provision.ts"
import * as Reconcile from "./Reconcile.ts"
import type { ApplyInput, PlanInput } from "./ReconcileInputs.ts"
import type { ReconcileNango } from "./ReconcileNango.ts"
import * as Resources from "./Resources.ts"
import * as SetupStatus from "./SetupStatus.ts"
import * as SyncList from "./SyncList.ts"
import type { Sync } from "./SyncNango.ts"
import * as Unified from "./Unified.ts"
import { withoutInput } from "./withoutInput.ts"

export type { Event, EventNango } from "./EventNango.ts"
export type { FunctionNango, Operation, Performance } from "./FunctionNango.ts"
export type * from "./Inputs.ts"
export type * from "./PeopleInputs.ts"
export type * from "./ReconcileInputs.ts"
export type * from "./ReconcileNango.ts"
export type * from "./SyncNango.ts"
export { perform } from "./Perform.ts"

export const createUser: Operation<NewResource> = operation(() => Resources.create(Resources.users))
export const getUser: Operation<Id> = operation(() => Resources.read(Resources.users))
export const listUsers: Operation<ListInput> = operation(() => Lists.page(Resources.users))
export const updateUser: Operation<UserUpdate> = operation(() => Resources.updateUser)
export const patchUser: Operation<PatchInput> = operation(() => Resources.patch(Resources.users))
export const deleteUser: Operation<Id> = operation(() => Resources.remove(Resources.users))

export const createGroup: Operation<NewResource> = operation(() => Resources.create(Resources.groups))
export const getGroup: Operation<Id> = operation(() => Resources.read(Resources.groups))
export const listGroups: Operation<ListInput> = operation(() => Lists.page(Resources.groups))
export const updateGroup: Operation<GroupUpdate> = operation(() => Resources.updateGroup)
export const patchGroup: Operation<PatchInput> = operation(() => Resources.patch(Resources.groups))
export const deleteGroup: Operation<Id> = operation(() => Resources.remove(Resources.groups))

export const getServiceProviderConfig: Operation<Nothing> = operation(() => Discovery.serviceProviderConfig)
export const listSchemas: Operation<Nothing> = operation(() => Discovery.schemas)
export const listResourceTypes: Operation<Nothing> = operation(() => Discovery.resourceTypes)

export const createUnifiedUser: Operation<NewPerson> = operation(() => Unified.createUser)
export const deleteUnifiedUser: Operation<Id> = operation(() => Unified.deleteUser)

export const provisionUser: Operation<ProvisionInput> = operation(() => Provision.provision)
export const deprovisionUser: Operation<DeprovisionInput> = operation(() => Provision.deprovision)
export const setRole: Operation<RoleInput> = operation(() => Provision.setRole)
export const addGroupMembers: Operation<MembersInput> = operation(() => Members.add)
export const removeGroupMembers: Operation<MembersInput> = operation(() => Members.remove)
export const runDoctor: Operation<DoctorInput> = operation(() => Doctor.examine)
export const setupStatus: Operation<Nothing> = operation(() => SetupStatus.status)

export const syncUsers: Sync = withoutInput(operation(() => SyncList.run(SyncList.users)))
export const syncGroups: Sync = withoutInput(operation(() => SyncList.run(SyncList.groups)))
export const syncUnifiedUsers: Sync = withoutInput(operation(() => SyncList.run(SyncList.people)))

export const validateConnection: Event = withoutInput(operation(() => Events.validate))
export const connectionCreated: Event = withoutInput(operation(() => Events.created))
export const connectionDeleted: Event = withoutInput(operation(() => Events.deleted))

export const planReconcile: Operation<PlanInput> = operation(() => Reconcile.preview)
export const applyReconcile: Operation<ApplyInput, ReconcileNango> = operation(() => Reconcile.apply)
