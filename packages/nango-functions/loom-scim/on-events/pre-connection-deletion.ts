import { createOnEvent } from "nango"
import { connectionDeleted } from "../lib/core.js"

export default createOnEvent({
  description: "Says what stays on the server. Nothing is changed there: nobody loses access with a connection.",
  version: "1.0.0",
  event: "pre-connection-deletion",
  exec: (nango) => connectionDeleted(nango)
})
