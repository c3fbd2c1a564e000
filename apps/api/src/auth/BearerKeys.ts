/** The Authorization middleware: who is calling, and whether the endpoint is for them. */
import { Authorization, Needs, Principal } from "@loom-scim/contract/Security"
import { Context, Effect, Layer, References, Result } from "effect"
import { RouteContext } from "effect/http/HttpRouter"
import { admit } from "./Admit.ts"
import { Authenticator } from "./Authenticator.ts"

/** Lets in who has a valid key or token for what the endpoint needs. */
export const layer: Layer.Layer<Authorization, never, Authenticator> = Layer.effect(
  Authorization,
  Effect.map(Authenticator, ({ authenticate }) =>
    Authorization.of({
      bearer: (app, { credential, endpoint }) => {
        const need = Context.getOption(endpoint.annotations, Needs)
        const admitted = Effect.flatMap(authenticate(credential), (caller) =>
          Effect.flatMap(RouteContext, ({ params }) =>
            Effect.fromResult(Result.map(admit(caller.grants, need, params["connection"]), () => caller))
          )
        )
        return Effect.flatMap(admitted, (caller) =>
          Effect.updateContext(app, (context: Context.Context<never>) =>
            context.pipe(
              Context.add(Principal, caller),
              Context.add(References.CurrentLogAnnotations, {
                ...Context.get(context, References.CurrentLogAnnotations),
                caller: caller.id
              })
            )
          )
        )
      }
    })
  )
)
