import { NangoActionMock, NangoSyncMock } from "nango/test"
import { assert, describe, it } from "vitest"
import { artifact, recordModels } from "./support/models.ts"
import {
  answered,
  asked,
  directory,
  isToRecord,
  record,
  recorded,
  recordEvent,
  recordSync
} from "./support/recording.ts"
import { eventScenarios, scenarios, syncScenarios, withCheckpoint } from "./support/scenarios.ts"
import { load } from "./support/script.ts"

for (const [name, prepare] of Object.entries(scenarios)) if (isToRecord(name)) await record(name, prepare)
for (const [name, prepare] of Object.entries(syncScenarios)) if (isToRecord(name)) await recordSync(name, prepare)
for (const [name, prepare] of Object.entries(eventScenarios)) if (isToRecord(name)) await recordEvent(name, prepare)

const mockOf = (name: string): NangoActionMock => {
  const Mock = withCheckpoint.has(name) ? NangoSyncMock : NangoActionMock
  return new Mock({ dirname: directory, name, Model: "unused" })
}

/** A mock refuses what was not recorded; here, that nothing of what was recorded is left out. */
const assertAsked = (name: string, { proxy }: NangoActionMock): void => {
  const calls = proxy.mock.calls.map(([{ endpoint, method = "GET" }]) => asked(method, endpoint))
  assert.sameMembers([...new Set(calls)], [...new Set(answered(name))])
}

describe("with Nango's own mocks, recorded from the sandbox,", () => {
  for (const name of Object.keys(scenarios)) {
    it(`${name} asks and answers as it did`, async () => {
      const nango = mockOf(name)
      const output = await load(`actions/${name}`).exec(nango, await nango.getInput())
      assert.deepStrictEqual(JSON.parse(JSON.stringify(output)), await nango.getOutput())
      assertAsked(name, nango)
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
      assertAsked(name, nango)
    })
  }

  for (const name of Object.keys(eventScenarios)) {
    it(`${name} asks, keeps and logs as it did`, async () => {
      const nango = mockOf(name)
      await load(`on-events/${name}`).exec(nango)
      const metadata = Object.assign({}, ...nango.updateMetadata.mock.calls.flat())
      const logs = nango.log.mock.calls.flat()
      assert.deepStrictEqual(JSON.parse(JSON.stringify({ metadata, logs })), await nango.getOutput())
      assertAsked(name, nango)
    })
  }

  it("there is one for each function", () => {
    const { actions, onEventScripts, syncs } = artifact()
    const names = [...[...actions, ...syncs].map(({ name }) => name), ...Object.values(onEventScripts).flat()]
    assert.sameMembers([...recorded()], names)
  })
})
