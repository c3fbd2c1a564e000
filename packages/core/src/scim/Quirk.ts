/** What servers do differently from the RFCs, by name: how it is noticed, and how the client copes. */
import { Schema } from "effect"

/**
 * - `observed`: seen in passing, in answers to ordinary requests.
 * - `tried`: seen when a form of a request is refused and another one is taken, or when the doctor tries it.
 * - `guarded`: not noticed, since the client never gives it a chance to do harm.
 */
export type Noticed = "observed" | "tried" | "guarded"

/** A difference in words. */
export interface QuirkEntry {
  readonly about: "request" | "answer" | "list" | "discovery" | "group" | "fault" | "security"
  readonly noticed: Noticed
  /** What the server does. */
  readonly server: string
  /** What the client does about it. */
  readonly client: string
}

const entry = (about: QuirkEntry["about"], noticed: Noticed, server: string, client: string): QuirkEntry => ({
  about,
  noticed,
  server,
  client
})

/** Every quirk that is known. */
export const quirks = {
  patchOpLowerCaseRefused: entry(
    "request",
    "tried",
    "refuses PATCH ops in lower case",
    "sends Add, Replace and Remove"
  ),
  patchOpCapitalisedRefused: entry("request", "guarded", "refuses capitalised PATCH ops", "sends them in lower case"),
  pathlessReplaceRefused: entry(
    "request",
    "tried",
    "refuses a replacement without a path",
    "names each attribute by path"
  ),
  dottedKeysNotExpanded: entry(
    "request",
    "guarded",
    "keeps name.givenName in a pathless value as a key",
    "sends nested values"
  ),
  memberFilterRemovalRefused: entry(
    "request",
    "tried",
    "refuses members[value eq …] in a removal",
    "removes by path and value"
  ),
  memberValueRemovalRefused: entry(
    "request",
    "guarded",
    "takes a removal by value for the removal of all",
    "removes by filter first"
  ),
  patchOperationLimit: entry(
    "request",
    "tried",
    "takes a limited number of operations or members per PATCH",
    "halves the request until it fits, and remembers"
  ),
  bodyLimit: entry(
    "request",
    "tried",
    "answers 413 to long bodies",
    "sends fewer members or operations at once, and remembers"
  ),
  clearMembersRefused: entry("request", "tried", "refuses to remove all members at once", "removes them by value"),
  nullsRefused: entry(
    "request",
    "guarded",
    "refuses attributes that are null",
    "leaves them out, and removes by operation"
  ),
  replaceDropsActive: entry(
    "request",
    "guarded",
    "suspends people whose replacement lacks active",
    "carries active over"
  ),
  baseUrlQuery: entry(
    "request",
    "guarded",
    "is reached by a base URL with a query or fragment",
    "refuses such a URL at set-up"
  ),
  idNeedsEncoding: entry("request", "guarded", "has ids that are no plain path segments", "encodes ids as a whole"),
  tokenWithoutBearer: entry("request", "tried", "takes the token only without Bearer", "sends it alone when told to"),
  booleansAsStrings: entry("answer", "observed", 'writes booleans as text, such as "False"', "reads both"),
  conflictWithoutScimType: entry(
    "answer",
    "observed",
    "answers 409 without scimType or status",
    "goes by the HTTP status"
  ),
  conflictAfterSuccess: entry(
    "answer",
    "observed",
    "answers 409 to a creation that had succeeded before",
    "finds what is there and compares it"
  ),
  patchAnswersNoContent: entry(
    "answer",
    "observed",
    "answers a PATCH with 204 instead of the resource",
    "reads back what servers are known to drop"
  ),
  deleteAnswersBody: entry("answer", "observed", "answers a DELETE with a body", "takes it for done"),
  createIdMissing: entry("answer", "observed", "answers a creation without an id", "looks the resource up"),
  locationRelative: entry("answer", "observed", "has a relative meta.location", "builds addresses from the id"),
  locationUnencoded: entry("answer", "observed", "has a meta.location that is no URL", "builds addresses from the id"),
  locationMissing: entry("answer", "observed", "has no meta.location", "builds addresses from the id"),
  schemasMissing: entry("answer", "observed", "leaves schemas out", "goes by the endpoint that was asked"),
  plainJsonMediaType: entry("answer", "observed", "answers application/json", "reads it all the same"),
  htmlErrors: entry("answer", "observed", "answers errors with a web page", "goes by the HTTP status, and says so"),
  errorShape: entry("answer", "observed", "answers errors in a shape of its own", "finds the words in any known shape"),
  totalMissing: entry("list", "observed", "does not say totalResults", "reads until a page is empty"),
  totalOnFirstPageOnly: entry("list", "observed", "says totalResults on the first page only", "remembers it"),
  totalIsPageSize: entry(
    "list",
    "observed",
    "gives the size of the page as totalResults",
    "reads until a page is empty"
  ),
  totalTooSmall: entry("list", "observed", "has more rows than totalResults", "calls the list incomplete"),
  totalChanged: entry(
    "list",
    "observed",
    "changes totalResults between pages",
    "calls the list incomplete when it shrank"
  ),
  emptyPageBeforeTotal: entry(
    "list",
    "observed",
    "sends an empty page before the total",
    "stops, and calls the list incomplete"
  ),
  zeroBased: entry("list", "observed", "counts rows from 0", "asks for one row of overlap, and adapts"),
  startIndexEchoedZero: entry(
    "list",
    "observed",
    "answers startIndex 0 though it counts from 1",
    "asks for one row of overlap, and ignores it"
  ),
  countZeroReturnsRows: entry("list", "observed", "sends rows though none were asked for", "leaves them out"),
  countCapped: entry("list", "observed", "sends shorter pages than asked", "goes on from the last row"),
  pageTooLong: entry(
    "list",
    "observed",
    "sends longer pages than asked or advertised",
    "takes them, and goes on from the last row"
  ),
  duplicates: entry("list", "observed", "sends rows more than once", "keeps the first"),
  filterIgnored: entry("list", "observed", "ignores the filter", "checks every row against the filter"),
  idMissing: entry("list", "observed", "sends rows without an id", "keeps them, and never takes one for another"),
  pastEndRefused: entry(
    "list",
    "observed",
    "refuses to answer past the last row",
    "takes it for the end when all were seen"
  ),
  filterCaseSensitive: entry(
    "list",
    "tried",
    "compares userName with case",
    "asks in the spelling given and in lower case"
  ),
  typedEmailFilterMisses: entry(
    "list",
    "guarded",
    "misses e-mail addresses without a type in emails[type eq …]",
    "filters by emails.value"
  ),
  firstHitUnrelated: entry(
    "list",
    "observed",
    "answers a look-up with strangers",
    "adopts only who is proven to be the person"
  ),
  cursorOnly: entry("list", "observed", "pages by cursor only", "follows the cursor"),
  discoveryMissing: entry("discovery", "observed", "has no ServiceProviderConfig", "finds out by trying"),
  claimsWrong: entry(
    "discovery",
    "tried",
    "claims what it does not do, or does what it does not claim",
    "believes what it saw"
  ),
  bulkCountedPerOperation: entry(
    "discovery",
    "observed",
    "counts every operation of a Bulk against its rate limit",
    "tells which operations were refused, and sends single requests otherwise"
  ),
  createIgnoresMembers: entry("group", "tried", "ignores members when a group is created", "adds them by PATCH"),
  replaceIgnoresMembers: entry("group", "tried", "ignores members when a group is replaced", "changes them by PATCH"),
  readsWithoutMembers: entry("group", "tried", "reads groups without their members", "asks for members by name"),
  excludeMembersNeeded: entry(
    "group",
    "guarded",
    "fails to list large groups with members",
    "lists groups with excludedAttributes=members"
  ),
  memberDisplayRequired: entry("group", "tried", "refuses members without display", "sends display along"),
  unknownMembersDropped: entry(
    "group",
    "observed",
    "silently drops members it does not know",
    "creates users first, and reads back"
  ),
  caseOnlyRenameIgnored: entry(
    "group",
    "tried",
    "ignores a rename that changes case only",
    "renames by way of another name"
  ),
  retryAfterMissing: entry("fault", "observed", "answers 429 without Retry-After", "waits longer each time"),
  retryAfterDate: entry("fault", "observed", "gives Retry-After as a date", "waits until then"),
  rateLimitSwallowed: entry(
    "fault",
    "observed",
    "answers 409 to a repeated request that it had limited",
    "finds what is there and compares it"
  ),
  faultsUnderLoad: entry(
    "fault",
    "observed",
    "answers 500 under load, or breaks connections",
    "repeats what is safe to repeat"
  ),
  slowAnswers: entry("fault", "guarded", "answers a byte at a time", "gives up at the time-out"),
  eventualConsistency: entry(
    "fault",
    "tried",
    "does not show at once what was just created",
    "reads again before it doubts"
  ),
  preconditionStale: entry(
    "fault",
    "observed",
    "answers 412 to a version it gave itself",
    "reads again and decides anew"
  ),
  etagMissing: entry("fault", "observed", "has no versions", "sends no condition"),
  etagWeak: entry("fault", "observed", "has weak versions", "sends them as they are"),
  etagConstant: entry("fault", "observed", "never changes its version", "sends no condition"),
  redirects: entry("security", "guarded", "redirects elsewhere", "does not follow: the token stays here"),
  privateAddress: entry("security", "guarded", "has a private address", "does not connect unless allowed"),
  dnsRebinding: entry(
    "security",
    "guarded",
    "changes its address between check and use",
    "connects to the address that was checked"
  ),
  tokenEchoed: entry("security", "guarded", "repeats the token in an answer", "takes it out of every error")
} as const satisfies Readonly<Record<string, QuirkEntry>>

/** The name of a quirk. */
export type Quirk = keyof typeof quirks

const isQuirk = (name: string): name is Quirk => Object.hasOwn(quirks, name)

/** Every name, in the order of the catalogue. */
export const names: ReadonlyArray<Quirk> = Object.keys(quirks).filter(isQuirk)

/** A name, checked. */
export const Quirk = Schema.String.pipe(Schema.refine(isQuirk, { identifier: "Quirk" }))
