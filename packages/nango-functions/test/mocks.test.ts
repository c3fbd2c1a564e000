import { NangoActionMock, NangoSyncMock } from "nango/test"
import { assert, describe, it } from "vitest"
import { artifact, recordModels } from "./support/models.ts"
import { directory, isToRecord, record, recorded, recordSync } from "./support/recording.ts"
import { scenarios, syncScenarios, unrepeatable } from "./support/scenarios.ts"
import { load } from "./support/script.ts"

for (const [name, prepare] of Object.entries(scenarios)) if (isToRecord(name)) await record(name, prepare)
for (const [name, prepare] of Object.entries(syncScenarios)) if (isToRecord(name)) await recordSync(name, prepare)

describe("with Nango's own mocks, recorded from the sandbox,", () => {
  for (const name of Object.keys(scenarios)) {
    it(`${name} asks and answers as it did`, async () => {
      const nango = new NangoActionMock({ dirname: directory, name, Model: "unused" })
      const output = await load(`actions/${name}`).exec(nango, await nango.getInput())
      assert.deepStrictEqual(JSON.parse(JSON.stringify(output)), await nango.getOutput())
      assert.isAbove(nango.proxy.mock.calls.length, 0)
    })
  }

  for (const name of Object.keys(syncScenarios)) {
    it(`${name} asks and saves as it did`, async () => {
      const nango = new NangoSyncMock({ dirname: directory, name, Model: "unused" })
      await load(`syncs/${name}`).exec(nango)
      for (const model of recordModels(name).models) {
        const saved = nango.batchSave.mock.calls.flatMap(([records, of]) => (of === model ? records : []))
        assert.isNotEmpty(saved)
        assert.deepStrictEqual(JSON.parse(JSON.stringify(saved)), await nango.getBatchSaveData(model))
      }
    })
  }

  it("there is one for each action and sync that can be repeated", () => {
    const { actions, syncs } = artifact()
    const names = [...actions, ...syncs].map(({ name }) => name)
    assert.sameMembers([...recorded(), ...unrepeatable], names)
  })
})
