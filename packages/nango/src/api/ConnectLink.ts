/** The address of Nango's Connect page for one session. */
import type { NangoHost } from "./NangoHost.ts"
import { cloud } from "./NangoHost.ts"

/**
 * The link with the server that the page has to ask. Nango's own links do not name it (seen in 0.71), and the page then
 * asks Nango's cloud, which knows no session of another server. Links of the cloud, and what is no URL, stay as they are.
 */
export const naming = (host: NangoHost, link: string): string => {
  const url = URL.parse(link)
  if (host === cloud || url === null) return link
  if (!url.searchParams.has("apiURL")) url.searchParams.set("apiURL", host)
  return url.href
}
