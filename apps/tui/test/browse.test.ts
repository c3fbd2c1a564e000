import { assert, afterAll, beforeAll, describe, it } from "@effect/vitest"
import type { Place } from "./support/connected.ts"
import { connected, token } from "./support/connected.ts"
import { keys, Terminal } from "./support/Terminal.ts"

let place: Place
beforeAll(async () => {
  place = await connected(450)
})
afterAll(() => place.close())

describe("the user browser in a pseudo-terminal", () => {
  it("finds as one types, opens, acts after a y, and leaves", async () => {
    const terminal = new Terminal(["users", "--data-dir", place.directory])
    await terminal.until(/450 users$/m)
    terminal.send("ERIKSEN 24")
    await terminal.until(/\d+ of 450 users/)
    const found = await terminal.until(/▸ \S+\.eriksen\.24\d@example\.com/)
    assert.notInclude(found, "abara")
    terminal.send(keys.enter)
    await terminal.until('"userName"')
    terminal.send("d")
    await terminal.until("deactivate (the policy is deactivate): press y to do it")
    terminal.send(keys.escape)
    await terminal.until("d deactivate")
    terminal.send("a")
    await terminal.until("role admin: press y")
    terminal.send("y")
    await terminal.until("Done: role admin.")
    terminal.send(keys.escape)
    await terminal.until(/▸ \S+\.eriksen\.24\d@example\.com .* admin/)
    terminal.send(keys.escape)
    await terminal.until(/^\S+ users {2}acme +450 users$/m)
    terminal.send(keys.ctrlC)
    assert.strictEqual(await terminal.exited, 0)
    assert.notInclude(terminal.raw, token)
  })

  it("says that a list is incomplete", async () => {
    await place.control("POST", "/faults", { kind: "lyingTotal", total: 9000 })
    const terminal = new Terminal(["users", "--data-dir", place.directory])
    await terminal.until("INCOMPLETE")
    terminal.send(keys.ctrlC)
    await terminal.exited
    await place.control("DELETE", "/faults")
  })
})
