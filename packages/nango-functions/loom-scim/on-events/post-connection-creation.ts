import { createOnEvent } from "nango"
import { connectionCreated } from "../lib/core.js"
import { Nothing } from "../models.js"

export default createOnEvent({
  description: "Learns how the server is spoken to, and keeps it in the connection's metadata for all functions.",
  version: "1.0.0",
  event: "post-connection-creation",
  metadata: Nothing,
  exec: (nango) => connectionCreated(nango)
})
