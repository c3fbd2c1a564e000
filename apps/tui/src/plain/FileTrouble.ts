/** Why a file cannot be read or written, and what to do about it. */
import { Predicate } from "effect"

const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder. Check the path.",
  ENOTDIR: "a part of the path is a file and not a folder. Check the path.",
  EISDIR: "it is a folder. Give a file.",
  EACCES: "you may not. Change its permissions, or run as somebody who may.",
  EPERM: "you may not. Change its permissions, or run as somebody who may.",
  EROFS: "the disk is read-only. Choose another place.",
  ENOSPC: "the disk is full. Free some space, or choose another place.",
  EDQUOT: "your share of the disk is full. Free some space, or choose another place."
}

/** What the system said, in words; its code where there are none. Ends with a full stop. */
export const fileTrouble = (cause: unknown): string => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : ""
  const message = cause instanceof Error ? cause.message : "unknown"
  return words[code] ?? `${code === "" ? message : code}.`
}
