/** A resource being changed: copied where it is written and nowhere else. */
import { isJsonObject, type Json, type JsonObject } from "./Json.ts"
import { isArray, isUnassigned, keyOf } from "./ResourceValue.ts"

/** An object that belongs to the draft and may be written. */
export interface MutableObject {
  [key: string]: Json
}

/** The original stays as it was; each part is copied the first time it is written. */
export class Draft {
  readonly root: MutableObject
  private readonly objects = new Map<JsonObject, MutableObject>()
  private readonly arrays = new Map<ReadonlyArray<Json>, Array<Json>>()

  constructor(resource: JsonObject) {
    this.root = { ...resource }
  }

  private ownObject(value: JsonObject): MutableObject {
    const owned = this.objects.get(value)
    if (owned !== undefined) return owned
    const copy = { ...value }
    this.objects.set(copy, copy)
    return copy
  }

  /** The object at a key, to be written: made when nothing is there, undefined when something else is. */
  object(parent: MutableObject, name: string): MutableObject | undefined {
    const key = keyOf(parent, name) ?? name
    const current = Object.hasOwn(parent, key) ? parent[key] : undefined
    if (!isJsonObject(current) && !isUnassigned(current)) return undefined
    const owned = this.ownObject(isJsonObject(current) ? current : {})
    parent[key] = owned
    return owned
  }

  /** The array at a key, to be written: made when nothing is there, undefined when something else is. */
  array(parent: MutableObject, name: string): Array<Json> | undefined {
    const key = keyOf(parent, name) ?? name
    const current = Object.hasOwn(parent, key) ? parent[key] : undefined
    if (isArray(current)) {
      const owned = this.arrays.get(current)
      if (owned !== undefined) return owned
    } else if (!isUnassigned(current)) return undefined
    const copy = isArray(current) ? [...current] : []
    this.arrays.set(copy, copy)
    parent[key] = copy
    return copy
  }

  /** The complex value at an index, to be written; undefined when it is not complex. */
  element(array: Array<Json>, index: number): MutableObject | undefined {
    const current = array[index]
    if (!isJsonObject(current)) return undefined
    const owned = this.ownObject(current)
    array[index] = owned
    return owned
  }
}

/** Puts a value under a name, keeping the spelling that is there already. */
export const put = (parent: MutableObject, name: string, value: Json): void => {
  const key = keyOf(parent, name) ?? name
  // The one name whose assignment would set the prototype instead.
  if (key === "__proto__")
    Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true })
  else parent[key] = value
}

/** Takes a name away, whatever its case. */
export const drop = (parent: MutableObject, name: string): void => {
  const key = keyOf(parent, name)
  if (key !== undefined) delete parent[key]
}
