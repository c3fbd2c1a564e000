/** A plan for people: as text, as Markdown for a pull request, and as JSON for machines and for later. */
import { Schema } from "effect"
import type { Json } from "../scim/Json.ts"
import { type Action, type ActionTag, type Change, describe, tags } from "./Action.ts"
import type { Withheld } from "./Census.ts"
import { Plan } from "./Plan.ts"
import type { Unmatched } from "./Protection.ts"

const codec = Schema.fromJsonString(Plan)

/** A plan as JSON; {@link fromJson} reads it. */
export const toJson: (plan: Plan) => string = Schema.encodeSync(codec)

/** Reads a plan, or fails with what is wrong in it and where. */
export const fromJson = Schema.decodeUnknownResult(codec)

/** How much to show. */
export interface ShowOptions {
  /** Actions of one kind; more are counted. */
  readonly limit: number
  /** Without the numbers of both sides, which a plan about a few people does not know. */
  readonly isNumberless?: boolean
}

const titles: Record<ActionTag, readonly [verb: string, sign: string]> = {
  Create: ["create", "+"],
  Update: ["update", "~"],
  RoleChange: ["change the role", "~"],
  Adopt: ["adopt", "~"],
  Reactivate: ["reactivate", "+"],
  Deactivate: ["deactivate", "-"],
  Delete: ["delete", "-"],
  GroupCreate: ["create a group", "+"],
  GroupAdopt: ["adopt a group", "~"],
  GroupRename: ["rename a group", "~"],
  MembersAdd: ["add members", "+"],
  MembersRemove: ["remove members", "-"],
  GroupDelete: ["delete a group", "-"],
  Conflict: ["conflict", "!"],
  Skip: ["skip", " "]
}

/** The name of a kind of action, for people. */
export const titleOf = (tag: ActionTag): string => titles[tag][0]

/** Without anything that moves a cursor or hides what follows. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{FFFD}")

const maxValue = 200

const valueText = (value: Json): string => {
  if (value === null) return "nothing"
  const text = plain(JSON.stringify(value))
  if (text.length <= maxValue) return text
  // Not within a character.
  const shown = text.slice(0, maxValue).replace(/[\uD800-\uDBFF]$/u, "")
  return `${shown}… (${text.length} characters)`
}

const changeText = ({ after, before, path }: Change): string =>
  `${plain(path)}: ${valueText(before)} → ${valueText(after)}`

const maxMembers = 20

const detailsOf = (action: Action): ReadonlyArray<string> => {
  switch (action._tag) {
    case "Update":
    case "RoleChange":
    case "Reactivate":
    case "Adopt":
    case "Deactivate":
      return action.changes.map(changeText)
    case "GroupRename":
      return [changeText({ path: "displayName", before: action.before, after: action.label })]
    case "GroupCreate":
    case "MembersAdd":
    case "MembersRemove": {
      // A plan has them by id, which tells a person nothing.
      const labels = action.members.map(({ label }) => plain(label)).toSorted()
      const shown = labels.slice(0, maxMembers)
      const more = action.members.length - shown.length
      return shown.length === 0 ? [] : [`${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`]
    }
    case "Conflict":
      return action.detail === "" ? [] : [plain(action.detail)]
    case "Create":
    case "Delete":
    case "GroupAdopt":
    case "GroupDelete":
    case "Skip":
      return []
  }
}

const why: Record<Withheld["reason"], string> = {
  sourceFailed: "the source was not read to its end",
  keysUnreadable: "records have no readable key",
  usersIncomplete: "the server's list of users is not whole"
}

const protects: Record<Unmatched["field"], (name: string) => string> = {
  protectedPeople: (name) => `protects nobody by "${name}": no external id and no user name is that`,
  protectedFilter: (name) => `protects nobody by the filter ${name}: it matches no user of the server`,
  protectedGroups: (name) => `protects no group by "${name}": none has that name or key`
}

const unmatchedText = ({ field, name }: Unmatched): string => `The policy ${protects[field](plain(name))}.`

/** The people of the source whom something else created. `hint` says how they are taken over. */
const notAdoptedText = ({ notAdopted = [], skipped }: Plan, hint: string): ReadonlyArray<string> => {
  if (notAdopted.length === 0) return []
  const more = (skipped["notAdopted"] ?? 0) - notAdopted.length
  const names = `${notAdopted.map(plain).join(", ")}${more > 0 ? ` and ${more} more` : ""}`
  return [`In the source, and left alone since something else created them: ${names}. To take them over: ${hint}`]
}

const withheldText = ({ detail, reason }: Withheld): string =>
  `Nobody is taken for gone: ${why[reason]} (${plain(detail)}).`

/** What a person is to know beside the actions. */
const warningsOf = (plan: Plan, hint: string): ReadonlyArray<string> => [
  ...plan.withheld.map(withheldText),
  ...(plan.unmatched ?? []).map(unmatchedText),
  ...notAdoptedText(plan, hint)
]

/** The counts in one line: `2 create, 1 deactivate; 97 nothing to do`. */
export const summary = ({ counts, skipped }: Plan): string => {
  const done = tags.flatMap((tag) => {
    const count = counts[tag] ?? 0
    return count === 0 ? [] : [`${count} ${titleOf(tag)}`]
  })
  const left = Object.entries(skipped).map(([reason, count]) => `${count} ${skipText(reason)}`)
  return [done.length === 0 ? "nothing to do" : done.join(", "), ...left].join("; ")
}

const skipText = (reason: string): string =>
  reason === "unchanged" ? "unchanged" : reason.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const censusText = ({ census }: Plan): string =>
  `${census.people} people in the source; ${census.users} users on the server, ${census.managed} of them ours` +
  // Who left earlier is ours still, and has no access.
  `${census.active === undefined || census.active === census.managed ? "" : ` (${census.active} with access)`}, ` +
  `${census.unmanaged} created by something else.`

const place = (action: Action): string => ("at" in action && action.at !== null ? ` (${plain(action.at)})` : "")

const byTag = ({ actions }: Plan): ReadonlyMap<ActionTag, ReadonlyArray<Action>> =>
  Map.groupBy(actions, ({ _tag }) => _tag)

const more = (all: ReadonlyArray<Action>, { limit }: ShowOptions): string | null =>
  all.length > limit ? `and ${all.length - limit} more` : null

/** A plan as text: the summary on top, then every kind of action with its reasons and what changes. */
export const toText = (plan: Plan, options: ShowOptions = { limit: 50 }): string => {
  const numbers = options.isNumberless === true ? [] : [censusText(plan)]
  const lines = [`Plan: ${summary(plan)}`, ...numbers, ...warningsOf(plan, "--adopt unclaimed")]
  const groups = byTag(plan)
  for (const tag of tags) {
    const all = groups.get(tag) ?? []
    if (all.length === 0) continue
    const [verb, sign] = titles[tag]
    lines.push("", `${verb} (${all.length})`)
    for (const action of all.slice(0, options.limit)) {
      lines.push(`  ${sign} ${plain(action.label)}${place(action)}: ${describe(action.reason)}`)
      lines.push(...detailsOf(action).map((detail) => `      ${detail}`))
    }
    const rest = more(all, options)
    if (rest !== null) lines.push(`  ${rest}`)
  }
  return `${lines.join("\n")}\n`
}

/** As code, which nothing in it can leave. */
const code = (text: string): string => `\`${plain(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``

/** A plan as Markdown: a table of counts, then a section that can be unfolded for each kind of action. */
export const toMarkdown = (plan: Plan, options: ShowOptions = { limit: 50 }): string => {
  const groups = byTag(plan)
  const lines = ["## Provisioning plan", "", censusText(plan), ""]
  for (const warning of warningsOf(plan, "plan with adopt unclaimed")) lines.push(`> **${code(warning)}**`, "")
  lines.push("| Action | Count |", "|---|---:|")
  for (const tag of tags) {
    const count = plan.counts[tag] ?? 0
    if (count > 0) lines.push(`| ${titleOf(tag)} | ${count} |`)
  }
  for (const [reason, count] of Object.entries(plan.skipped))
    lines.push(`| left alone: ${skipText(reason)} | ${count} |`)
  for (const tag of tags) {
    const all = groups.get(tag) ?? []
    if (all.length === 0) continue
    lines.push("", `<details><summary>${titleOf(tag)} (${all.length})</summary>`, "")
    for (const action of all.slice(0, options.limit)) {
      lines.push(
        `- ${code(action.label)}${place(action) === "" ? "" : ` ${code(place(action).trim())}`}: ${describe(action.reason)}`
      )
      lines.push(...detailsOf(action).map((detail) => `  - ${code(detail)}`))
    }
    const rest = more(all, options)
    if (rest !== null) lines.push(`- ${rest}`)
    lines.push("", "</details>")
  }
  return `${lines.join("\n")}\n`
}
