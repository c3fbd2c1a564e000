import { runInNewContext } from "node:vm"
import { rolldown } from "rolldown"
import { assert, describe, it } from "vitest"
import { lazyValues, moduleOf } from "../lazyValues.ts"

/** What a module exports once it has been made lazy, bundled and run. */
const load = async (text: string): Promise<Record<string, unknown>> => {
  const { code, define } = lazyValues(text)
  const bundle = await rolldown({
    input: { lazy: "lazy" },
    plugins: [moduleOf("lazy", code)],
    transform: { define: { ...define } }
  })
  const { output } = await bundle.generate({ format: "cjs" })
  await bundle.close()
  const exports: Record<string, unknown> = {}
  runInNewContext(output[0].code, { exports, module: { exports } })
  return exports
}

/** What `view` answers in a module that also notes in `made` what it makes. */
const viewed = async (text: string): Promise<unknown> => {
  const { view } = await load(
    `export const made = []
    const make = (name) => { made.push(name); return { name } }
    ${text}`
  )
  // Out of the other context.
  return typeof view === "function" ? JSON.parse(JSON.stringify(view())) : undefined
}

describe("lazyValues", () => {
  it("makes a constant when it is first used, once, and never one that nobody uses", async () => {
    const text = `const one = /*#__PURE__*/ make("one")
      const two = { name: "two", inner: /* @__PURE__ */ make("inner") }
      const three = /*#__PURE__*/ make("three")
      export const view = () => {
        const before = [...made]
        return [before, one.name, one === one, two.inner.name, two === two, made]
      }`
    assert.deepStrictEqual(await viewed(text), [[], "one", true, "inner", true, ["one", "inner"]])
  })

  it("makes what a constant is made of before it, whichever of them is used first", async () => {
    const text = `const Base = class { static from = /*#__PURE__*/ make("from") }
      var Derived = class extends /*#__PURE__*/ ((base) => base)(Base) {}
      const all = [/*#__PURE__*/ new Derived(), Base.from]
      export const view = () => [made.length, all[0] instanceof Base, all[1].name, made]`
    assert.deepStrictEqual(await viewed(text), [0, true, "from", ["from"]])
  })

  it("knows other names for a constant, and names that only look like it", async () => {
    const text = `const one = /*#__PURE__*/ make("one")
      const same = one
      const named = (one) => one
      export const view = () => [named(1), { one }.one === same, ((same = 2) => same)(), made]`
    assert.deepStrictEqual(await viewed(text), [1, true, 2, ["one"]])
  })

  it("leaves alone what has an effect, what changes, and what is exported", async () => {
    const text = `const effect = make("effect")
      const within = [make("within")]
      let changing = /*#__PURE__*/ make("changing")
      const early = [changing.name]
      const step = () => { changing = { name: "changed" } }
      const shown = /*#__PURE__*/ make("shown")
      export { shown }
      const block = class { static { make("block") } }
      export const view = () => {
        step()
        return [made, effect.name, within.length, early[0], changing.name, new block() instanceof block]
      }`
    assert.deepStrictEqual(await viewed(text), [
      ["effect", "within", "changing", "shown", "block"],
      "effect",
      1,
      "changing",
      "changed",
      true
    ])
  })

  it("refuses a module with names like its own", () => {
    assert.throws(() => lazyValues("export const kept$of$one = 1"), "names that lazyValues.ts gives")
  })
})
