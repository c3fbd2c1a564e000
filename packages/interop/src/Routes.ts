/** From a request to its answer. */
import { isJsonObject, type JsonObject } from "@loom-scim/core/scim/Json"
import { bulk } from "./Bulk.ts"
import { discovery } from "./Discovery.ts"
import { limits, Refusal, type Context, type Incoming, type Kind, type Outgoing } from "./Exchange.ts"
import { list, queryOf, searchOf } from "./Lists.ts"
import { resourceAnswer } from "./Show.ts"
import * as Writes from "./Writes.ts"

const bodyOf = ({ text }: Incoming): JsonObject => {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  if (!isJsonObject(body)) throw new Refusal(400, "invalidSyntax", "The body is no JSON object.")
  return body
}

const kindOf = (name: string | undefined): Kind => {
  if (name === "Users" || name === "Groups") return name
  throw new Refusal(404, null, "There is no such endpoint.")
}

const onOne = (context: Context, kind: Kind, id: string, incoming: Incoming): Outgoing => {
  const entry = context.directory.find(kind, id)
  if (entry === undefined || (incoming.method === "GET" && context.veil.hides(id))) {
    throw new Refusal(404, null, `${id} is not there.`)
  }
  const projection = queryOf(incoming.query)
  switch (incoming.method) {
    case "GET":
      return resourceAnswer(context, kind, entry, 200, projection)
    case "PUT":
    case "PATCH":
      return Writes.change(context, kind, entry, bodyOf(incoming), incoming, projection)
    case "DELETE":
      return Writes.remove(context, kind, entry, incoming.ifMatch)
    default:
      throw new Refusal(405, null, `${incoming.method} is not for this.`)
  }
}

const authorized = ({ has, token }: Context, authorization: string | undefined): boolean =>
  authorization === (has("tokenWithoutBearer") ? token : `Bearer ${token}`)

const route = (context: Context, incoming: Incoming): Outgoing => {
  const { method, path, query, text } = incoming
  const [name, id, extra] = path
  if (name === ".search" && method === "POST") {
    return { status: 200, body: list(context, ["Users", "Groups"], searchOf(bodyOf(incoming))) }
  }
  if (name === "Bulk" && method === "POST") {
    if (text.length > limits.payload) throw new Refusal(413, null, "The body is too long.")
    return bulk(context, incoming, bodyOf(incoming), (one) => route(context, one))
  }
  const described = method === "GET" ? discovery(context, path) : undefined
  if (described !== undefined) return described
  const kind = kindOf(name)
  if (extra !== undefined) throw new Refusal(404, null, "There is no such endpoint.")
  if (id === ".search" && method === "POST") {
    return { status: 200, body: list(context, [kind], searchOf(bodyOf(incoming))) }
  }
  if (id !== undefined) return onOne(context, kind, id, incoming)
  if (method === "GET") return { status: 200, body: list(context, [kind], queryOf(query)) }
  if (method === "POST") return Writes.create(context, kind, bodyOf(incoming), queryOf(query))
  throw new Refusal(405, null, `${method} is not for this.`)
}

/** Answers a request, or throws the refusal. */
export const answer = (context: Context, incoming: Incoming): Outgoing => {
  if (!authorized(context, incoming.authorization)) throw new Refusal(401, null, "The token is not accepted.")
  if (context.has("bodyLimit") && incoming.text.length > limits.body) {
    throw new Refusal(413, null, "The body is too long.")
  }
  return route(context, incoming)
}
