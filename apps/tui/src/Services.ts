/** Composes core over this machine: which store, which resolver, which network. No logic lives here. */
import type { ConnectedClient } from "@loom-scim/core/operations/ConnectedClient"
import type { DomainResolver } from "@loom-scim/core/ports/DomainResolver"
import { JournalFailure } from "@loom-scim/core/ports/Journal"
import { MemberList } from "@loom-scim/core/ports/MemberList"
import { SamlMetadata } from "@loom-scim/core/ports/SamlMetadata"
import type { Face } from "@loom-scim/core/setup/Evidence"
import { ScimProbe } from "@loom-scim/core/scim/Probe"
import { SetupService } from "@loom-scim/core/setup/SetupService"
import * as NodeDomainResolver from "@loom-scim/platform-node/dns/NodeDomainResolver"
import * as Storage from "@loom-scim/platform-node/store/Storage"
import { readHolder } from "@loom-scim/platform-node/store/DirectoryLock"
import type { Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { Config, Effect, Layer, Option } from "effect"
import { resolve } from "node:path"
import type { Access } from "./remote/Access.ts"

/** What the flags choose. */
export interface Environment {
  readonly directory: string
  readonly face: typeof Face.Type
  /** Empty for the system's own. */
  readonly dnsServers: ReadonlyArray<string>
}

/** The HTTP stack and the XML parser are loaded by the first check that needs them, not by every start. */
export const probeOnDemand = Layer.effect(
  ScimProbe,
  Effect.gen(function* () {
    const resolver = yield* Effect.context<DomainResolver>()
    return ScimProbe.of({
      run: Effect.fnUntraced(function* (target) {
        const { layer } = yield* Effect.promise(() => import("@loom-scim/platform-node/http/ScimHttpClient"))
        const live = ScimProbe.layer.pipe(Layer.provide(layer()), Layer.orDie)
        return yield* Effect.provide(
          ScimProbe.use(({ run }) => run(target)),
          live
        )
      }, Effect.provideContext(resolver))
    })
  })
)

const metadataOnDemand = Layer.effect(
  SamlMetadata,
  Effect.gen(function* () {
    const resolver = yield* Effect.context<DomainResolver>()
    return SamlMetadata.of({
      read: Effect.fnUntraced(function* (source) {
        const { layer } = yield* Effect.promise(() => import("@loom-scim/platform-node/saml/NodeSamlMetadata"))
        return yield* Effect.provide(
          SamlMetadata.use(({ read }) => read(source)),
          Layer.orDie(layer())
        )
      }, Effect.provideContext(resolver))
    })
  })
)

const membersOnDemand = Layer.succeed(
  MemberList,
  MemberList.of({
    fromFile: Effect.fnUntraced(function* (path) {
      const { layer } = yield* Effect.promise(() => import("@loom-scim/platform-node/members/NodeMemberList"))
      return yield* Effect.provide(
        MemberList.use(({ fromFile }) => fromFile(path)),
        layer
      )
    })
  })
)

const resolverOf = ({ dnsServers }: Pick<Environment, "dnsServers">) =>
  NodeDomainResolver.layer(dnsServers.length === 0 ? {} : { servers: dnsServers })

/** Everything a command may use. */
export const layer = ({ directory, dnsServers, face }: Environment) => {
  const resolver = resolverOf({ dnsServers })
  const storage = Storage.layerFromEnv({ directory, face })
  const setup = SetupService.layer.pipe(Layer.provide([probeOnDemand, metadataOnDemand]))
  return Layer.merge(setup, membersOnDemand).pipe(Layer.provideMerge(Layer.merge(resolver, storage)))
}

/** What a command needs that only guides, shows and checks set-ups. */
export type SetupServices = SetupService | MemberList

/** What a command needs beside that which works with users and groups. */
export type ClientServices = SetupServices | ConnectedClient | DomainResolver

/** Where the services of a command come from: this machine, or the API of a server. */
export interface Places<R, E> {
  readonly here: (environment: Environment) => Layer.Layer<R, E>
  readonly there: (access: Access, environment: Pick<Environment, "dnsServers">) => Layer.Layer<R, E>
}

/** Set-ups. What a server needs, the HTTP client and the contract, is loaded by the first use. */
export const setups: Places<SetupServices, Layer.Error<ReturnType<typeof layer>>> = {
  here: layer,
  there: (access) =>
    Layer.merge(
      Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("./remote/Remote.ts")),
          ({ layerOf }) => layerOf(access)
        )
      ),
      membersOnDemand
    )
}

/** All that commands use over a server; names of other servers are looked up here. */
export const elsewhere = (access: Access, environment: Pick<Environment, "dnsServers">) =>
  Layer.mergeAll(
    Layer.unwrap(
      Effect.map(
        Effect.promise(() => import("./remote/Everything.ts")),
        (everything) => everything.layer(access)
      )
    ),
    membersOnDemand,
    resolverOf(environment)
  )

/** On a data directory or, when a server holds it and there is a key, through that server. */
export const chosen = <R, E extends { readonly _tag: string }>(
  { here, there }: Places<R, E>,
  environment: Environment,
  key: Option.Option<Redacted.Redacted>
): Layer.Layer<R, E> => {
  const local = here(environment)
  if (Option.isNone(key)) return local
  return local.pipe(
    Layer.catch((failure) =>
      Layer.unwrap(
        Effect.gen(function* () {
          const isHeld = failure instanceof JournalFailure && failure.reason === "held"
          const holder = isHeld ? yield* readHolder(resolve(environment.directory)) : Option.none()
          const url = Option.flatMapNullishOr(holder, (found) => found.url)
          if (Option.isNone(url)) return yield* Effect.fail(failure)
          return there({ url: url.value, key: key.value }, environment)
        })
      )
    )
  )
}

const sharedDatabase = Effect.orDie(Config.option(Config.Redacted("DATABASE_URL")))

/** What carries runs out, beside that: the engine, the clients and the HTTP stack, loaded by the first command on runs. */
export const runLayer = Layer.unwrap(
  Effect.promise(async () => {
    const [{ ConnectedClient }, { RunService }, Engine, ScimHttpClient] = await Promise.all([
      import("@loom-scim/core/operations/ConnectedClient"),
      import("@loom-scim/core/runs/RunService"),
      import("@loom-scim/platform-node/workflow/Engine"),
      import("@loom-scim/platform-node/http/ScimHttpClient")
    ])
    const clients = ConnectedClient.layer.pipe(Layer.provide(ScimHttpClient.layer()))
    const engine: Layer.Layer<WorkflowEngine, never, SqlClient> = Layer.unwrap(
      Effect.map(sharedDatabase, (url) => (Option.isNone(url) ? Layer.orDie(Engine.layer) : Engine.layerShared))
    )
    // Only what is followed here: a command about one run does not go on with others.
    return RunService.layer({ drives: "followed" }).pipe(Layer.provide(engine), Layer.provideMerge(clients))
  })
)
