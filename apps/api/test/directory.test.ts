/** Users and groups over the API, against the sandbox on real sockets. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Predicate } from "effect"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import type { Api } from "./support/api.ts"
import { closeAll, closing } from "./support/api.ts"
import { assertNoToken, connected, control } from "./support/workspace.ts"

afterEach(closeAll)

const users = "/v1/connections/acme/users"
const groups = "/v1/connections/acme/groups"

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (Predicate.hasProperty(inner, key) ? inner[key] : undefined), value)

const idsIn = (items: unknown): ReadonlyArray<string> => [items].flat().map((item) => String(at(item, "id")))

const createUser = async (api: Api, userName: string): Promise<string> => {
  const { json, status, text } = await api.call("POST", users, { body: { userName } })
  assert.strictEqual(status, 200, text)
  return String(json["id"])
}

/** Every page of a list. */
const walk = async (api: Api, path: string) => {
  const pages: Array<Readonly<Record<string, unknown>>> = []
  for (let cursor: unknown = ""; Predicate.isString(cursor); cursor = pages.at(-1)?.["nextCursor"]) {
    const { json, status, text } = await api.call("GET", `${path}${cursor === "" ? "" : `&cursor=${cursor}`}`)
    assert.strictEqual(status, 200, text)
    pages.push(json)
    assert.isBelow(pages.length, 20)
  }
  return { ids: pages.flatMap(({ items }) => idsIn(items)), verdict: pages.at(-1)?.["verdict"], pages }
}

describe("lists of the directory", () => {
  it("come page by page as the server gives them, everybody once, and say at the end that they are whole", async () => {
    const { api } = await connected({ users: 25 })
    const { ids, pages, verdict } = await walk(api, `${users}?limit=10`)
    assert.lengthOf(ids, 25)
    assert.strictEqual(new Set(ids).size, 25)
    assert.deepStrictEqual(idsIn(pages[0]?.["items"]).length, 10)
    assert.isNull(pages[0]?.["verdict"])
    assert.deepInclude(verdict, { complete: true, reason: null, seen: 25, total: 25 })
  })

  it("go on from any cursor, also one that was used before or that another process gave", async () => {
    const { api } = await connected({ users: 25 })
    const { pages } = await walk(api, `${users}?limit=10`)
    const cursor = String(pages[0]?.["nextCursor"])
    const again = await api.call("GET", `${users}?limit=10&cursor=${cursor}`)
    assert.deepStrictEqual(again.json["items"], pages[1]?.["items"])
    const third = await api.call("GET", `${users}?limit=10&cursor=${String(again.json["nextCursor"])}`)
    assert.deepStrictEqual(third.json["items"], pages[2]?.["items"])
  })

  it("are not called whole when what was shown before is no longer what the server says", async () => {
    const { api } = await connected({ users: 25 })
    const { ids, pages } = await walk(api, `${users}?limit=10`)
    await api.call("DELETE", `${users}/${ids[0]}`)
    const second = await api.call("GET", `${users}?limit=10&cursor=${String(pages[0]?.["nextCursor"])}`)
    let { json } = second
    while (Predicate.isString(json["nextCursor"])) {
      json = (await api.call("GET", `${users}?limit=10&cursor=${json["nextCursor"]}`)).json
    }
    assert.deepInclude(json["verdict"], { complete: false, reason: "changedMeanwhile" })
  })

  it("say so when the server promises more than it gives", async () => {
    const { api, world } = await connected({ users: 12 })
    await control(world, "/faults", { kind: "lyingTotal", total: 40 })
    const { ids, verdict } = await walk(api, `${users}?limit=10`)
    assert.lengthOf(ids, 12)
    assert.deepInclude(verdict, { complete: false, seen: 12, total: 40 })
  })

  it("are filtered, sorted and cut down, and hold each row against the filter", async () => {
    const { api } = await connected({ users: 5 })
    await createUser(api, "grace@acme.com")
    const filter = encodeURIComponent('userName eq "grace@acme.com"')
    const { json } = await api.call("GET", `${users}?filter=${filter}&attributes=displayName`)
    assert.deepStrictEqual([json["items"]].flat().length, 1)
    assert.strictEqual(at([json["items"]].flat()[0], "userName"), "grace@acme.com")
    const nobody = await walk(api, `${users}?filter=${encodeURIComponent('userName eq "nobody@acme.com"')}`)
    assert.deepStrictEqual(nobody.ids, [])
    const wrong = await api.call("GET", `${users}?filter=${encodeURIComponent("userName equals x")}`)
    assert.strictEqual(wrong.status, 422, wrong.text)
    assert.strictEqual(wrong.json["reason"], "invalidFilter")
  })
})

describe("users", () => {
  it("are created, changed, replaced, deactivated, activated and deleted", async () => {
    const { api } = await connected()
    const id = await createUser(api, "ada@acme.com")
    const path = `${users}/${id}`
    const Operations = [{ op: "replace", path: "displayName", value: "Ada L" }]
    const patched = await api.call("PATCH", path, { body: { Operations } })
    assert.strictEqual(patched.status, 200, patched.text)
    assert.strictEqual(at((await api.call("GET", path)).json, "displayName"), "Ada L")
    const replaced = await api.call("PUT", path, { body: { userName: "ada@acme.com", displayName: "Countess" } })
    assert.strictEqual(replaced.status, 200, replaced.text)
    assert.strictEqual(at(replaced.json["resource"], "displayName"), "Countess")
    assert.strictEqual(at(replaced.json["resource"], "active"), true)
    const off = await api.call("POST", `${path}/deactivate`)
    assert.strictEqual(off.status, 200, off.text)
    assert.isNull(off.json["doubt"])
    assert.include(String(off.json["warning"]), "policy is deactivate")
    assert.strictEqual(at((await api.call("GET", path)).json, "active"), false)
    assert.strictEqual((await api.call("POST", `${path}/activate`)).status, 200)
    assert.strictEqual(at((await api.call("GET", path)).json, "active"), true)
    const role = await api.call("POST", `${path}/role`, { body: { role: "creator" } })
    assert.strictEqual(role.status, 200, role.text)
    assert.include(role.text, '"loomMemberRole":"creator"')
    assert.strictEqual((await api.call("DELETE", path)).status, 200)
    const gone = await api.call("GET", path)
    assert.strictEqual(gone.status, 404)
    assert.deepInclude(gone.json["scim"], { status: 404 })
    assertNoToken(api, patched.text, replaced.text, off.text, role.text, gone.text)
  })

  it("are not touched by a dry run, which shows the very requests without the token", async () => {
    const { api } = await connected()
    const id = await createUser(api, "ada@acme.com")
    const before = (await api.call("GET", `${users}/${id}`)).json
    const dry = await api.call("POST", `${users}/${id}/deactivate?dryRun=true`)
    assert.strictEqual(dry.json["dryRun"], true)
    const [request] = [dry.json["requests"]].flat()
    assert.strictEqual(at(request, "method"), "PATCH")
    assert.include(JSON.stringify(at(request, "body")), '"path":"active","value":false')
    const removal = await api.call("DELETE", `${users}/${id}?dryRun=true`)
    assert.include(String(removal.json["warning"]), "cannot be undone")
    const creation = await api.call("POST", `${users}?dryRun=true`, { body: { userName: "eve@acme.com" } })
    assert.isNull(creation.json["id"])
    assert.strictEqual((await walk(api, `${users}?limit=50`)).ids.length, 1)
    assert.deepStrictEqual((await api.call("GET", `${users}/${id}`)).json, before)
    assertNoToken(api, dry.text, removal.text, creation.text)
  })

  it("meet the server's refusals as problems with its status, its scimType and the next step", async () => {
    const { api, world } = await connected()
    await createUser(api, "ada@acme.com")
    const twice = await api.call("POST", users, { body: { userName: "ada@acme.com" } })
    assert.strictEqual(twice.status, 409, twice.text)
    assert.deepInclude(twice.json["scim"], { status: 409, scimType: "uniqueness" })
    assert.isNotEmpty(twice.json["next"])
    const nameless = await api.call("POST", users, { body: { displayName: "Nobody" } })
    assert.strictEqual(nameless.status, 422)
    assert.strictEqual(nameless.json["missing"], "userName")
    await control(world, "/faults", { kind: "status", status: 501, detail: "not today", echoToken: true, times: 1 })
    const broken = await api.call("GET", `${users}?limit=5`)
    assert.strictEqual(broken.status, 502, broken.text)
    assert.deepInclude(broken.json["scim"], { status: 501 })
    assert.isNotEmpty(broken.json["next"])
    assertNoToken(api, twice.text, nameless.text, broken.text)
  })

  it("are out of reach before the connection is established", async () => {
    const { api } = await connected()
    await api.call("POST", "/v1/connections", { body: { name: "Beta" } })
    const answer = await api.call("GET", "/v1/connections/beta/users")
    assert.strictEqual(answer.status, 409, answer.text)
    assert.strictEqual(answer.json["missing"], "connect")
  })
})

/** Between the API and the sandbox, which has no versions: gives single users an ETag, and notes what If-Match came. */
const versioning = (seen: Array<string | undefined>) => async (scimUrl: string) => {
  const target = new URL(scimUrl)
  const server = createServer(async (request, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
    if (request.method === "PATCH") seen.push(request.headers["if-match"])
    const { authorization = "" } = request.headers
    const answer = await fetch(`${target.origin}${request.url ?? ""}`, {
      method: request.method ?? "GET",
      headers: { authorization, "content-type": "application/scim+json" },
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) })
    })
    const text = await answer.text()
    const version = createHash("sha256").update(text).digest("hex").slice(0, 12)
    const isOne = request.method === "GET" && /\/Users\/[^/?]+$/.test(request.url ?? "") && answer.ok
    response.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "application/scim+json",
      ...(isOne ? { etag: `"${version}"` } : {})
    })
    response.end(text)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  closing(() => void (server.closeAllConnections(), server.close()))
  const address = server.address()
  return `http://127.0.0.1:${Predicate.isObject(address) ? String(at(address, "port")) : ""}${target.pathname}`
}

describe("versions of users", () => {
  it("are the server's: shown, kept by callers, and passed on with a change", async () => {
    const seen: Array<string | undefined> = []
    const { api } = await connected({}, versioning(seen))
    const id = await createUser(api, "ada@acme.com")
    const path = `${users}/${id}`
    const first = await api.call("GET", path)
    const etag = first.headers.get("etag") ?? ""
    assert.match(etag, /^"[0-9a-f]{12}"$/)
    const same = await api.call("GET", path, { headers: { "if-none-match": etag } })
    assert.strictEqual(same.status, 304)
    assert.strictEqual(same.text, "")
    const body = { Operations: [{ op: "replace", path: "displayName", value: "Ada" }] }
    const taken = await api.call("PATCH", path, { body, headers: { "if-match": etag } })
    assert.strictEqual(taken.status, 200, taken.text)
    assert.deepStrictEqual(seen.at(-1), etag)
    const sent = seen.length
    const stale = await api.call("PATCH", path, { body, headers: { "if-match": etag } })
    assert.strictEqual(stale.status, 412, stale.text)
    assert.lengthOf(seen, sent, "nothing was sent")
    assert.strictEqual((await api.call("GET", path, { headers: { "if-none-match": etag } })).status, 200)
  })

  it("cannot be asked for where the server gives none", async () => {
    const { api } = await connected()
    const id = await createUser(api, "ada@acme.com")
    assert.isNull((await api.call("GET", `${users}/${id}`)).headers.get("etag"))
    const answer = await api.call("DELETE", `${users}/${id}`, { headers: { "if-match": '"1"' } })
    assert.strictEqual(answer.status, 409, answer.text)
    assert.strictEqual(answer.json["reason"], "noVersions")
    assert.strictEqual((await api.call("GET", `${users}/${id}`)).status, 200)
  })
})

describe("groups", () => {
  it("are created, renamed, given members and relieved of them, replaced and deleted", async () => {
    const { api } = await connected()
    const ada = await createUser(api, "ada@acme.com")
    const eve = await createUser(api, "eve@acme.com")
    const made = await api.call("POST", groups, { body: { displayName: "Makers", members: [{ value: ada }] } })
    assert.strictEqual(made.status, 200, made.text)
    const path = `${groups}/${String(made.json["id"])}`
    const membersNow = async () =>
      [at((await api.call("GET", path)).json, "members") ?? []].flat().map((member) => String(at(member, "value")))
    assert.deepStrictEqual(await membersNow(), [ada])
    const added = await api.call("POST", `${path}/members/add`, { body: { members: [eve] } })
    assert.strictEqual(added.status, 200, added.text)
    assert.isNull(added.json["doubt"])
    assert.sameMembers(await membersNow(), [ada, eve])
    await api.call("POST", `${path}/members/remove`, { body: { members: [ada] } })
    assert.deepStrictEqual(await membersNow(), [eve])
    const listed = await api.call("GET", `${groups}?limit=5`)
    assert.include(listed.text, "Makers")
    assert.notInclude(listed.text, eve)
    const renamed = await api.call("PUT", path, { body: { displayName: "Crew", members: [{ value: ada }] } })
    assert.strictEqual(renamed.status, 200, renamed.text)
    assert.isNull(renamed.json["doubt"])
    assert.deepStrictEqual(await membersNow(), [ada])
    assert.strictEqual((await api.call("DELETE", path)).status, 200)
    assert.strictEqual((await api.call("GET", path)).status, 404)
  })

  it("are told of as doubtful when the server drops members without a word", async () => {
    const { api, world } = await connected()
    const ada = await createUser(api, "ada@acme.com")
    const made = await api.call("POST", groups, { body: { displayName: "Makers" } })
    await control(world, "/faults", { kind: "droppedMembers" })
    const path = `${groups}/${String(made.json["id"])}/members/add`
    const added = await api.call("POST", path, { body: { members: [ada] } })
    assert.strictEqual(added.status, 200, added.text)
    assert.include(String(added.json["doubt"]), "dropped 1 member")
  })
})
