import { createOnEvent } from "nango"
import { validateConnection } from "../lib/core.js"

export default createOnEvent({
  description:
    "Refuses a connection with a wrong token, at an address without SCIM, or to a server that checks no token.",
  version: "1.0.0",
  event: "validate-connection",
  exec: (nango) => validateConnection(nango)
})
