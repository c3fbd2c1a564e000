/** The directory sync of @boxyhq/saml-jackson, in memory, behind a plain HTTP server. */
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"

/** A running directory. */
export interface Jackson {
  readonly url: string
  readonly token: string
  /** The members of a group, which its SCIM answers never show. */
  readonly members: (groupId: string) => Promise<ReadonlyArray<string>>
  readonly close: () => Promise<void>
}

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const numberOf = (text: string | null): number | undefined => (text === null ? undefined : Number(text))

/** Starts it with an empty directory. The HTTP around it does what its own application does, and no more. */
export const startJackson = async (): Promise<Jackson> => {
  const { controllers } = await import("@boxyhq/saml-jackson")
  const started = await controllers({
    externalUrl: "http://127.0.0.1",
    samlPath: "/saml",
    scimPath: "/scim",
    db: { engine: "mem" },
    noAnalytics: true,
    logger: { info: () => undefined, error: () => undefined }
  })
  const { directories, groups, requests } = started.directorySyncController
  const { data: directory, error } = await directories.create({
    tenant: "acme",
    product: "loom",
    name: "acme",
    type: "okta-scim-v2"
  })
  if (directory === null) throw new Error(error.message)
  const base = `/scim/${directory.id}`

  const handle = async (request: IncomingMessage) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1")
    const [resourceType = "", resourceId] = pathname.slice(base.length + 1).split("/")
    const text = await read(request)
    const body: unknown = text === "" ? undefined : JSON.parse(text)
    const count = numberOf(searchParams.get("count"))
    const startIndex = numberOf(searchParams.get("startIndex"))
    const filter = searchParams.get("filter")
    return requests.handle({
      method: request.method ?? "GET",
      body,
      directoryId: directory.id,
      resourceType,
      resourceId: resourceId === undefined ? undefined : decodeURIComponent(resourceId),
      apiSecret: request.headers.authorization?.replace(/^Bearer /, "") ?? null,
      query: {
        ...(count === undefined ? {} : { count }),
        ...(startIndex === undefined ? {} : { startIndex }),
        ...(filter === null ? {} : { filter })
      }
    })
  }

  const server = createServer((request, response) => {
    handle(request)
      .catch(() => ({ status: 500, data: { message: "Internal Server Error" } }))
      .then(({ data, status }) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(data ?? {}))
      )
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}${base}`,
    token: directory.scim.secret,
    members: async (groupId) => {
      groups.setTenantAndProduct(directory.tenant, directory.product)
      const { data } = await groups.getGroupMembers({ groupId })
      return (data ?? []).map(({ user_id: id }) => id).toSorted()
    },
    close: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
      await started.close()
    }
  }
}
