/** The id of the request being answered: in its answer, its problem and its log lines. */
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { randomUUID } from "node:crypto"

/** The caller's own id when it is a harmless one, so that both sides' logs agree; a new one otherwise. */
export const of = ({ headers }: HttpServerRequest): string => {
  const given = headers["x-request-id"]
  return given !== undefined && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID()
}
