/** A connection brought to where addresses are asked for, with names looked up as a test says. */
import { assert } from "@effect/vitest"
import * as FakeResolver from "../../../../packages/platform-node/test/http/fakeResolver.ts"
import { single } from "../../../../packages/platform-node/test/saml/documents.ts"
import type { Api } from "../support/api.ts"
import { start } from "../support/api.ts"

type Resolver = (host: string) => ReadonlyArray<string> | undefined

/** An answer that is a text. */
export const value = (text: string) => ({ _tag: "Value", value: text })
const confirm = { _tag: "Confirm" }

/** Answers a task. */
export const answered = async (api: Api, task: string, body: unknown): Promise<void> => {
  const path = `/v1/connections/acme/setup/tasks/${encodeURIComponent(task)}`
  const answer = await api.call("POST", path, { body })
  assert.strictEqual(answer.status, 200, `${task}: ${answer.text}`)
}

/** A connection at the step where metadata is asked for. */
export const atMetadata = async (resolver: Resolver, lab = false): Promise<Api> => {
  const api = await start({ allowPrivateNetwork: lab }, FakeResolver.layer(resolver))
  await api.call("POST", "/v1/connections", { body: { name: "Acme" } })
  for (const task of ["enterprisePlan", "samlSso"]) await answered(api, task, confirm)
  await answered(api, "addDomain", value("acme.com"))
  await answered(api, "domainMethod:acme.com", value("email"))
  await answered(api, "attestDomain:acme.com", confirm)
  return api
}

/** A connection at the step where the endpoint is asked for. */
export const atEndpoint = async (resolver: Resolver, lab = false): Promise<Api> => {
  const api = await atMetadata(resolver, lab)
  await answered(api, "members", value("ada@acme.com"))
  await answered(api, "metadata", value(single))
  await answered(api, "defaultRole", value("viewer"))
  await answered(api, "ssoTest", confirm)
  return api
}
