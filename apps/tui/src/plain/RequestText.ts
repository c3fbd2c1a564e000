/** A request as it would be sent, for people. */
import type { Shown } from "@loom-scim/core/operations/Operation"
import type { Behaviour } from "@loom-scim/core/scim/Profile"

/** Everything but the token. */
export const requestText = ({ body, method, url }: Shown, { tokenScheme }: Pick<Behaviour, "tokenScheme">): string => {
  const head = `${method} ${url}\nAuthorization: ${tokenScheme === "none" ? "" : "Bearer "}(not shown)`
  return body === null ? head : `${head}\nContent-Type: application/scim+json\n\n${JSON.stringify(body, null, 2)}\n`
}
