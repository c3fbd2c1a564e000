/** What each check means for provisioning to Loom: when it passes, and when it does not. */
import type { CheckName } from "./DoctorFinding.ts"

/** The two sides of a check. */
export interface Meaning {
  readonly passed: string
  readonly otherwise: string
}

const unexpectedErrors = "A wrong request may look like something else, so errors here are harder to understand."

/** By check. */
export const meanings: Readonly<Record<CheckName, Meaning>> = {
  contentTypes: {
    passed: "The server answers in SCIM's media type.",
    otherwise: "Something other than SCIM may be answering; other identity providers may refuse such answers."
  },
  wrongToken: {
    passed: "Only the right token opens the endpoint.",
    otherwise: "Whoever knows the URL may be able to change the members of the workspace."
  },
  serviceProviderConfig: {
    passed: "The server says what it can do.",
    otherwise: "What the server can do has to be found by trying."
  },
  resourceTypes: {
    passed: "Users and groups can both be provisioned.",
    otherwise: "The server does not name what it provisions; users or groups may be missing."
  },
  schemas: {
    passed: "The server describes the attributes of people.",
    otherwise: "Which attributes are kept can be told by writing them only."
  },
  memberRoleSchema: {
    passed: "Loom roles can be given through loomMemberRole.",
    otherwise: "Loom roles may not arrive, even though users do."
  },
  discoveryById: {
    passed: "A single schema and resource type can be read.",
    otherwise: "No harm to provisioning: both are read as lists."
  },
  listUsers: {
    passed: "The directory can be read.",
    otherwise: "Nothing can be provisioned."
  },
  listTotals: {
    passed: "A user who is not in the list is truly not there, so comparing both sides is safe.",
    otherwise: "Nobody may be taken for gone because the list lacks them, so nobody is removed on its word."
  },
  pagination: {
    passed: "Directories of any size can be read page by page.",
    otherwise: "Large directories are read more slowly, or not to their end."
  },
  filterNone: {
    passed: "Looking for somebody who does not exist finds nobody.",
    otherwise: "A look-up returns strangers: a client that takes the first hit overwrites somebody else."
  },
  filterUserName: {
    passed: "People are found by user name, so existing members are adopted and not created twice.",
    otherwise: "Existing members are not found by user name, and adopting them needs the whole list."
  },
  filterCase: {
    passed: "People are found however their user name is spelled.",
    otherwise: "Somebody written with capitals on one side is missed: look-ups have to try both spellings."
  },
  attributes: {
    passed: "Only what is needed is read.",
    otherwise: "More is read than needed, which is slower and shows more personal data."
  },
  excludedAttributes: {
    passed: "Large groups can be listed without their members.",
    otherwise: "Lists of large groups bring all members along and may exceed limits."
  },
  searchPost: {
    passed: "People can be looked up without their names in URLs and server logs.",
    otherwise: "Look-ups have user names in their URLs, where logs may keep them."
  },
  listGroups: {
    passed: "Groups can be pushed and compared.",
    otherwise: "Groups cannot be pushed; roles by group do not work."
  },
  unknownId: {
    passed: "A member who is gone is told from a fault.",
    otherwise: "Whether a member is gone cannot be told, so deletions cannot be confirmed."
  },
  unknownEndpoint: { passed: "Wrong paths are told as such.", otherwise: unexpectedErrors },
  invalidFilter: { passed: "Wrong filters are refused, not ignored.", otherwise: unexpectedErrors },
  leftovers: {
    passed: "No earlier run of the doctor left anything behind.",
    otherwise: "Disposable users may take seats, and disposable groups may confuse people."
  },
  createUser: {
    passed: "New people arrive in Loom.",
    otherwise: "New people do not arrive in Loom."
  },
  readUser: {
    passed: "What is sent is what is kept.",
    otherwise: "Part of a person's data gets lost on the way."
  },
  findUser: {
    passed: "Somebody just created is found at once, so a repeated sync creates nobody twice.",
    otherwise: "A sync right after creating somebody may try to create them again."
  },
  duplicateUser: {
    passed: "Nobody can exist twice.",
    otherwise: "One person may end up with two accounts and two seats."
  },
  replaceUser: {
    passed: "Whole profiles can be replaced without suspending the person.",
    otherwise: "Updates that send the whole profile do not take effect, or suspend people."
  },
  patchPath: {
    passed: "Single attributes can be changed.",
    otherwise: "Changed names and titles do not arrive the usual way."
  },
  patchPathless: {
    passed: "Several attributes can be changed at once.",
    otherwise: "Updates have to name each attribute by path."
  },
  patchAdd: {
    passed: "A value can be added to a list, such as a second e-mail address.",
    otherwise: "Second e-mail addresses do not arrive by adding; the list has to be replaced."
  },
  patchRemove: {
    passed: "A single value can be taken out of a list.",
    otherwise: "Old e-mail addresses stay unless the list is replaced."
  },
  memberRole: {
    passed: "The server keeps the Loom role.",
    otherwise: "The role does not arrive: members keep the default role or the one they have."
  },
  etags: {
    passed: "A change that somebody else made in between is noticed, and not overwritten.",
    otherwise: "A change that somebody else made in between may be overwritten without notice."
  },
  createGroup: { passed: "Groups arrive.", otherwise: "Groups do not arrive." },
  renameGroup: { passed: "Renamed groups stay the same group.", otherwise: "Renamed groups keep their old name." },
  addMember: {
    passed: "People really become members of groups.",
    otherwise: "Group members are dropped, though the server may say it succeeded: roles by group do not work."
  },
  removeMemberByFilter: {
    passed: "Somebody can be taken out of a group with members[value eq …].",
    otherwise: "That form of removal has no effect: use path members with a value."
  },
  removeMemberByValue: {
    passed: "Somebody can be taken out of a group with path members and a value.",
    otherwise: "That form of removal has no effect: use members[value eq …]."
  },
  replaceGroup: {
    passed: "Whole groups can be replaced, with their members.",
    otherwise: "Updates that send the whole group lose its members or its name: groups are changed by PATCH."
  },
  bulk: {
    passed: "Many changes can be sent in few requests.",
    otherwise: "Many changes cannot be sent in few requests, so large ones take longer."
  },
  deprovision: {
    passed: "People who leave lose access, the way the workspace chose.",
    otherwise: "People who leave may keep access, or are removed when they should be deactivated."
  },
  reactivate: {
    passed: "People who come back get their account back.",
    otherwise: "People who come back need a new account."
  },
  deleteGroup: { passed: "Groups can be removed.", otherwise: "Groups that are gone at the source stay." },
  deleteUser: { passed: "Accounts can be removed.", otherwise: "Accounts stay when they should be removed." },
  cleanup: {
    passed: "The doctor left nothing behind.",
    otherwise: "A disposable user or group may still be there and take a seat."
  }
}
