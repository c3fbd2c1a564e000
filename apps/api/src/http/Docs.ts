/** The documentation page. Its script and style come from this server: it works without the internet. */
import { Api } from "@loom-scim/contract/Api"
import { Effect, Layer } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiScalar from "effect/http-api/HttpApiScalar"
import * as OpenApi from "effect/http-api/OpenApi"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** Links that Scalar shows beside a name while a mouse is over it stand out of a narrow screen, though nobody sees them. */
const style = "#reference{overflow-x:clip}"

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
    <title>loom-scim API</title>
    <style>${style}</style>
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/scalar.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

const start = `window.Scalar.createApiReference(document.getElementById("reference"), {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  authentication: { preferredSecurityScheme: "bearer" },
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true }
})
`

/** Nothing from elsewhere, nothing sent elsewhere. Scalar writes style elements and compiles its templates. */
const policy =
  "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const empty = HttpApi.make("empty")

/** Scalar's script, taken out of the page that Effect makes with the script inlined. */
const scalar = Effect.gen(function* () {
  const { dispose, handler } = HttpRouter.toWebHandler(HttpApiScalar.layer(empty), { disableLogger: true })
  const html = yield* Effect.promise(async () => (await handler(new Request("http://localhost/docs"))).text())
  yield* Effect.promise(dispose)
  const from = html.indexOf("<script>") + "<script>".length
  const script = html.slice(from, html.indexOf("</script>", from))
  return HttpServerResponse.text(script, {
    contentType: "text/javascript; charset=utf-8",
    headers: { "cache-control": "public, max-age=3600" }
  })
})

/** `/docs` and what it loads; the script is read when it is first asked for. */
export const layer = Layer.mergeAll(
  HttpRouter.add(
    "GET",
    "/docs",
    HttpServerResponse.setHeader(HttpServerResponse.html(page), "content-security-policy", policy)
  ),
  HttpRouter.add("GET", "/docs/start.js", HttpServerResponse.text(start, { contentType: "text/javascript" })),
  HttpRouter.use((router) =>
    Effect.flatMap(Effect.cached(scalar), (cached) => router.add("GET", "/docs/scalar.js", cached))
  ),
  HttpRouter.use((router) =>
    Effect.flatMap(Effect.cached(Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(Api)))), (cached) =>
      router.add("GET", "/openapi.json", cached)
    )
  )
)
