/** What every page has around it: head, style, and the answer's headers. There is no script. */
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"
import { html, Html } from "./html.ts"

const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#555e68;--line:#d5dae0;--paper:#fff;--tint:#f4f6f8;--good:#14692f;--bad:#a8141f;--wait:#7a4b00;--link:#0b5394}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#a9b2bc;--line:#3a424b;--paper:#15191d;--tint:#1e2429;--good:#7fd698;--bad:#ff9a9f;--wait:#f0c070;--link:#8fc1f5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:64rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:0;display:inline}
h3.part{display:block;margin:1.2rem 0 .4rem}
details{margin:.8rem 0}
summary{cursor:pointer}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
header,footer{display:flex;gap:1rem;justify-content:space-between;align-items:center;color:var(--soft)}
header p,footer p{margin:0}
ol.steps{list-style:none;padding:0;margin:0}
ol.steps>li{border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;margin:.6rem 0}
.mark{display:inline-block;min-width:6.5rem;font-size:.85rem;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.wait{color:var(--wait)}.soft{color:var(--soft)}
dl{display:grid;grid-template-columns:minmax(9rem,15rem) 1fr;gap:.25rem 1rem;margin:.6rem 0 0;font-size:.93rem}
dt{color:var(--soft)}dd{margin:0}
.scroll{overflow-x:auto;overflow-wrap:normal}
table{border-collapse:collapse;width:100%;font-size:.93rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}
form.key{display:grid;gap:.6rem;max-width:32rem;background:var(--tint);padding:1rem;border-radius:.5rem}
input,button{font:inherit;padding:.5rem .7rem;border:1px solid var(--soft);border-radius:.35rem;color:var(--ink);background:var(--paper)}
button{cursor:pointer}
.alert{border-left:4px solid var(--bad);padding:.3rem .8rem;background:var(--tint)}
@media (max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
`

const styleHash = createHash("sha256").update(style).digest("base64")

const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`

/** A page as an answer. */
export const page = (title: string, main: Html, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title}</title>
          ${new Html(`<style>${style}</style>`)}
        </head>
        <body>
          ${main}
        </body>
      </html>`.text,
    {
      status,
      contentType: "text/html; charset=utf-8",
      headers: { "content-security-policy": policy, "cache-control": "no-store" }
    }
  )
