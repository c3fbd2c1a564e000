/** Why a set-up and a connection in Nango cannot be brought together as asked. */
import { Schema } from "effect"

/** Nothing was changed, neither here nor in Nango. */
export class ConnectRefused extends Schema.TaggedError<ConnectRefused>()("ConnectRefused", {
  reason: Schema.Literals([
    "notConnected",
    "wrongProvider",
    "tokenTooLong",
    "tooManyTags",
    "noToken",
    "configUnreadable",
    "otherServer",
    "notHere",
    "notProven",
    "ambiguous"
  ]),
  detail: Schema.String,
  next: Schema.String
}) {
  override get message(): string {
    return `${this.detail} ${this.next}`
  }
}
