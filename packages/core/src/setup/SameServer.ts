/** Whether an address is that of a connection's own server, however it is written. */
import { Result } from "effect"
import * as BridgeUrl from "./BridgeUrl.ts"
import type { State } from "./State.ts"

/** Compares with the bridge URL and the endpoint. What is no address is nobody's; private ones are compared like others. */
export const isServerOf = (
  { bridgeUrl, endpoint }: Pick<State, "bridgeUrl" | "endpoint">,
  address: string
): boolean => {
  const parsed = BridgeUrl.parse(address, { allowPrivateNetwork: true })
  return Result.isSuccess(parsed) && (parsed.success === bridgeUrl?.url || parsed.success === endpoint)
}
