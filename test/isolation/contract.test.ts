import { afterAll, beforeAll, describe, test } from 'vitest'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { ISOLATION_CONTRACT } from '../../src/testing/isolation-contract.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'

const LINE_UPS = [
  ['strict', false],
  ['strict', true],
  ['standard', false],
  ['standard', true],
] as const

// One body of tests for every model, every assurance, every server, direct and through a pooler with one connection.
describeOn(['embedded-16', 'embedded-18', 'debian-15'], 'isolation contract', (server) => {
  for (const [assurance, pooled] of LINE_UPS) {
    describe(`${assurance}, ${pooled ? 'through PgBouncer with a pool of one' : 'direct'}`, () => {
      let fleet: Fleet
      beforeAll(async () => {
        fleet = await fleetOn(server, {
          pooled,
          assurance,
          migrations: CONTRACT_MIGRATIONS,
          config: { hidden: CONTRACT_HIDDEN },
          tenants: {
            'shared-one': 'shared',
            'shared-two': 'shared',
            'schema-one': 'schema',
            'schema-two': 'schema',
            'database-one': 'database',
            'database-two': 'database',
          },
        })
      })
      afterAll(() => fleet?.stop())
      for (const isolation of ['shared', 'schema', 'database'] as const) {
        for (const { name, run } of ISOLATION_CONTRACT) {
          test(`${isolation}: ${name}`, () =>
            run({ fleet, isolation, one: `${isolation}-one`, two: `${isolation}-two`, oneConnection: pooled }))
        }
      }
    })
  }
})
