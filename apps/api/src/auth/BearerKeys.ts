/** The Authorization middleware: who is calling, and whether the endpoint is for them. */
import { Authorization, Needs, Principal } from "@loom-scim/contract/Security"
import { Context, Effect, Layer, References } from "effect"
import { RouteContext } from "effect/http/HttpRouter"
import { admit } from "./Admit.ts"
import { Authenticator } from "./Authenticator.ts"

/** Lets in who has a valid key or token for what the endpoint needs. */
export const layer: Layer.Layer<Authorization, never, Authenticator> = Layer.effect(
  Authorization,
  Effect.map(Authenticator, ({ authenticate }) =>
    Authorization.of({
      bearer: Effect.fnUntraced(function* (app, { credential, endpoint }) {
        const caller = yield* authenticate(credential)
        const { params } = yield* RouteContext
        yield* Effect.fromResult(
          admit(caller.grants, Context.getOption(endpoint.annotations, Needs), params["connection"])
        )
        return yield* Effect.updateContext(app, (context: Context.Context<never>) =>
          context.pipe(
            Context.add(Principal, caller),
            Context.add(References.CurrentLogAnnotations, {
              ...Context.get(context, References.CurrentLogAnnotations),
              caller: caller.id
            })
          )
        )
      })
    })
  )
)
