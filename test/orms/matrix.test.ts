import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { behindPooler, type PooledServer } from '../support/pooler.js'
import { testServer } from '../support/servers-injected.js'
import { LIBRARIES } from './libraries.js'
import { fillLedgers, ISOLATIONS, interleave, LEDGER_MIGRATIONS, PAIRS, TENANTS, type Truth } from './matrix.js'
import { oneClientForAll } from './matrix-control.js'
import type { Subject } from './subject.js'

const CALLS = 500
// With one, no two scopes would be open at once; with many, no session would serve both tenants.
const POOL_SIZE = 2

for (const pooled of [false, true]) {
  describe(pooled ? 'through PgBouncer with a pool of two' : 'direct', () => {
    let server: PooledServer | undefined
    let fleet: Fleet
    let truth: Truth
    beforeAll(async () => {
      server = pooled ? await behindPooler(testServer(), { poolSize: POOL_SIZE }) : undefined
      fleet = await fleetOn(server ?? testServer(), { pooled, migrations: LEDGER_MIGRATIONS, tenants: TENANTS })
      truth = await fillLedgers(fleet, Object.keys(TENANTS))
    })
    afterAll(async () => {
      await fleet?.stop()
      await server?.stopPooler()
    })

    test('control: one client for all tenants reads the rows of another', async () => {
      const { subject, inside } = await oneClientForAll(testServer(), fleet, PAIRS.schema)
      const { strayed } = await interleave({ subject, inside, fleet, pair: PAIRS.schema, truth, calls: 160 })
      await subject.close()
      expect(strayed).toBeGreaterThan(20)
    })

    describe.each(LIBRARIES)('$name', ({ scoped }) => {
      let subject: Subject
      beforeAll(async () => {
        subject = await scoped(fleet.app)
      })
      afterAll(() => subject?.close())

      test.each(ISOLATIONS)('two tenants at the same tick get their own rows only: %s', async (isolation) => {
        const judged = await interleave({ subject, fleet, pair: PAIRS[isolation], truth, calls: CALLS })
        expect(judged).toMatchObject({ wrong: 0, strayed: 0, calls: 2 * CALLS })
        // Two tenants were open at once, and not on connections that are each one's own.
        expect(judged.together).toBeGreaterThan(CALLS / 50)
        if (isolation === 'database') expect(judged.shared).toBe(0)
        else expect(judged.shared).toBeGreaterThan(0)
        if (pooled) expect(judged.backends).toBeLessThanOrEqual(isolation === 'database' ? 2 * POOL_SIZE : POOL_SIZE)
      })
    })
  })
}
