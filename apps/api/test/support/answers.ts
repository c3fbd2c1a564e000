/** What a person answers to the tasks of a set-up. */
import type { Sandbox } from "@loom-scim/sandbox/Sandbox"
import { Predicate } from "effect"

/** The record that the domain's DNS has. */
export const txt = "loom-site-verification=0123456789abcdef0123456789abcdef"

const value = (text: string) => ({ _tag: "Value", value: text })

/** By kinds of task; whatever is not here is confirmed. */
export const answersFor = (
  { idpMetadataUrl, scimUrl }: Pick<Sandbox, "idpMetadataUrl" | "scimUrl">,
  { members, token }: { readonly members: string; readonly token: string }
): Readonly<Record<string, unknown>> => ({
  addDomain: value("acme.com"),
  domainMethod: value("dnsTxt"),
  expectedTxt: value(txt),
  members: value(members),
  metadata: value(idpMetadataUrl),
  defaultRole: value("viewer"),
  enforce: value("off"),
  endpoint: value(scimUrl),
  token: { _tag: "Secret", secret: token },
  bridgeUrl: value(scimUrl),
  capture: value("off"),
  deprovisioning: value("deactivate")
})

/** The task that the set-up says is next. */
export const nextOf = (setup: Readonly<Record<string, unknown>>): string | undefined => {
  const [first] = [setup["next"]].flat()
  return Predicate.isString(first) ? first : undefined
}
