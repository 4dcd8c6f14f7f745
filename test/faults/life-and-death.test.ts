import { expect, test } from 'vitest'
import { startOwnServer } from '../support/own-server.js'
import { liveAndDie, tablesProject } from './life-and-death.js'

test('of many schema tenants on a server as it is installed, half are purged and nothing is left of them', {
  timeout: 120_000,
}, async () => {
  const server = await startOwnServer({ max_connections: 100 })
  try {
    // In full with `npm run drill -- lifecycle`.
    const { violations, tablesPerTenant, maxLocksPerTransaction } = await liveAndDie(
      server,
      { migrations: tablesProject(10) },
      { tenants: 100, purged: 50 },
    )
    expect(violations).toEqual([])
    expect([tablesPerTenant, maxLocksPerTransaction]).toEqual([10, 64])
  } finally {
    await server.stop()
  }
})
