/**
 * Addresses that a caller supplies, through the API: where this server may be sent by them, whatever names, redirects
 * and changing DNS answers say. The servers here are on this machine, so nothing may ever arrive at them.
 */
import { createServer } from "node:http"
import { createServer as createTcpServer } from "node:net"
import type { Server } from "node:net"
import { afterEach, assert, describe, it } from "@effect/vitest"
import type { Api } from "../support/api.ts"
import { connected } from "../support/workspace.ts"
import { at } from "../support/reconcile.ts"
import { closeAll, closing, start } from "../support/api.ts"
import { answered, atEndpoint, atMetadata, value } from "./steps.ts"
import { single } from "../../../../packages/platform-node/test/saml/documents.ts"

afterEach(closeAll)

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing(() => server.close())
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  return address.port
}

/** Counts connections, whatever is said on them. */
const trap = async () => {
  const state = { reached: 0 }
  const port = await listening(
    createTcpServer((socket) => {
      state.reached++
      socket.destroy()
    })
  )
  return { state, port }
}

const metadata = (api: Api, url: string) =>
  api.call("POST", "/v1/connections/acme/setup/tasks/metadata", { body: value(url) })

/** The same machine, the cloud's and others' insides, in all the ways they are written. */
const hosts = [
  "127.0.0.1",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "127.1",
  "0",
  "localhost",
  "localhost.",
  "LOCALHOST",
  "a.localhost",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[64:ff9b::7f00:1]",
  "[2002:7f00:1::]",
  "[fe80::1]",
  "[fd00:ec2::254]",
  "169.254.169.254",
  "0xa9fea9fe",
  "2852039166",
  "100.100.100.200",
  "168.63.129.16",
  "metadata.google.internal",
  "metadata.google.internal.",
  "10.0.0.1",
  "192.168.1.1",
  "172.16.0.1",
  "100.64.0.1",
  "１２７.０.０.１"
]

describe("an address in a metadata URL", () => {
  it("is refused however it is written", async () => {
    const { port, state } = await trap()
    const api = await atMetadata(() => ["127.0.0.1"])
    for (const host of hosts) {
      const answer = await metadata(api, `https://${host}:${port}/metadata`)
      assert.strictEqual(answer.status, 422, `${host}: ${answer.text}`)
      assert.strictEqual(answer.json["reason"], "forbiddenAddress", host)
    }
    assert.strictEqual(state.reached, 0)
  })

  it("is refused when its name leads there, by IPv4 or IPv6, alone or among good ones", async () => {
    const { port, state } = await trap()
    const names: Readonly<Record<string, ReadonlyArray<string>>> = {
      "inside.example": ["127.0.0.1"],
      "inside6.example": ["::1"],
      "mapped.example": ["::ffff:169.254.169.254"],
      "mixed.example": ["93.184.216.34", "10.1.2.3"],
      "ula.example": ["2606:4700::1", "fd12::1"]
    }
    const api = await atMetadata((host) => names[host])
    for (const host of Object.keys(names)) {
      const answer = await metadata(api, `https://${host}:${port}/`)
      assert.deepStrictEqual([answer.status, answer.json["reason"]], [422, "forbiddenAddress"], host)
    }
    assert.strictEqual(state.reached, 0)
  })

  it("is judged where it is connected to: an answer of DNS that changes does not help", async () => {
    let look = 0
    let served = 0
    const port = await listening(
      createServer((_, response) => {
        served++
        response.writeHead(200, { connection: "close" }).end(single)
      })
    )
    // In a lab, where this machine is allowed: the second look-up leads to a place that never is.
    const api = await atMetadata(() => (look++ === 0 ? ["127.0.0.1"] : ["169.254.169.254"]), true)
    const url = `http://rebind.example:${port}/`
    const first = await metadata(api, url)
    assert.strictEqual(first.status, 200, first.text)
    assert.deepStrictEqual([look, served], [1, 1], "one look-up, which is the one that is connected to")
    const again = await metadata(api, url)
    assert.deepStrictEqual([again.status, again.json["reason"]], [422, "forbiddenAddress"])
    assert.deepStrictEqual([look, served], [2, 1])
  })

  it("is judged again at every redirect", async () => {
    const { port: inside, state } = await trap()
    const targets = [
      "http://169.254.169.254/latest/meta-data",
      "http://[::ffff:169.254.169.254]/",
      `http://elsewhere.example:${inside}/`,
      "http://metadata.google.internal/"
    ]
    let target = ""
    const port = await listening(createServer((_, response) => response.writeHead(302, { location: target }).end()))
    const api = await atMetadata((host) => (host === "elsewhere.example" ? ["169.254.169.254"] : ["127.0.0.1"]), true)
    for (target of targets) {
      const answer = await metadata(api, `http://first.example:${port}/`)
      assert.deepStrictEqual([answer.status, answer.json["reason"]], [422, "forbiddenAddress"], target)
    }
    target = "file:///etc/passwd"
    const file = await metadata(api, `http://first.example:${port}/`)
    assert.strictEqual(file.status, 422)
    assert.notInclude(file.text, "root:")
    assert.strictEqual(state.reached, 0)
  })

  it("tells callers nothing of what answers inside", async () => {
    const open = await trap()
    const api = await atMetadata(() => ["127.0.0.1"])
    const [taken, free] = [
      await metadata(api, `https://scan.example:${open.port}/`),
      await metadata(api, "https://scan.example:1/")
    ]
    assert.deepStrictEqual([taken.json["detail"], taken.json["next"]], [free.json["detail"], free.json["next"]])
  })
})

describe("the address of the SCIM server", () => {
  it("is refused however it is written, as endpoint, bridge and command", async () => {
    const api = await atEndpoint(() => ["127.0.0.1"])
    for (const host of hosts) {
      const path = "/v1/connections/acme/setup"
      const task = await api.call("POST", `${path}/tasks/endpoint`, { body: value(`https://${host}/scim`) })
      assert.strictEqual(task.status, 422, `${host}: ${task.text}`)
      const command = { _tag: "RecordEndpoint", endpoint: `https://${host}/scim` }
      const submitted = await api.call("POST", `${path}/commands`, { body: command })
      assert.include([400, 422], submitted.status, `${host}: ${submitted.text}`)
    }
  })

  it("gets no token when its name leads inside, at once or only later", async () => {
    const { port, state } = await trap()
    let address = "127.0.0.1"
    const api = await atEndpoint(() => [address])
    const url = `https://scim.rebind.example:${port}/scim`
    await answered(api, "endpoint", value(url))
    await answered(api, "token", { _tag: "Secret", secret: "tok_must-not-arrive-anywhere" })
    const inside = await api.call("POST", "/v1/connections/acme/setup/tasks/bridgeUrl", { body: value(url) })
    assert.strictEqual(inside.status, 422, inside.text)
    address = "93.184.216.34"
    await answered(api, "bridgeUrl", value(url))
    for (address of ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1"]) {
      const rotated = await api.call("POST", "/v1/connections/acme/credentials/rotate", {
        body: { token: "tok_must-not-arrive-either" }
      })
      assert.deepStrictEqual([rotated.status, rotated.json["reason"]], [422, "forbiddenAddress"], rotated.text)
    }
    assert.strictEqual(state.reached, 0)
  })
})

describe("a private network that was allowed", () => {
  it("is out of reach for a server that does not allow it, though a connection and a webhook were made for it", async () => {
    const { api, world } = await connected({ users: 1 })
    const hook = { url: "http://127.0.0.1:9/", connectionId: "acme", events: ["run.paused"] }
    const { json } = await api.call("POST", "/v1/webhooks", { body: hook })
    assert.strictEqual((await api.call("GET", "/v1/connections/acme/users")).status, 200)
    await api.close()
    const { directory } = api
    const dnsServers = [`${world.dns.host}:${world.dns.port}`]
    const strict = await start({ directory, dnsServers })
    const users = await strict.call("GET", "/v1/connections/acme/users")
    assert.strictEqual(users.status, 502, users.text)
    assert.include(users.text, "nothing is sent there")
    const tried = await strict.call("POST", `/v1/webhooks/${String(json["id"])}/test`)
    assert.include(String(at(tried.json, "attempts", "0", "reason")), "nothing is sent there")
    await strict.close()
    const lab = await start({ directory, dnsServers, allowPrivateNetwork: true })
    assert.strictEqual((await lab.call("GET", "/v1/connections/acme/users")).status, 200)
    await lab.close()
    const checked = await (await start({ directory, dnsServers })).call("POST", "/v1/connections/acme/checks")
    assert.deepStrictEqual([checked.status, checked.json["ok"]], [200, false], checked.text)
  })
})
