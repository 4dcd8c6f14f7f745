import { claimFleet, prepareFleets } from 'tenantry/testing'

// What a test process does that is killed in the middle of it.

if (process.argv[2] === 'claim') {
  const fleet = await claimFleet()
  process.stdout.write(`${fleet.platform.config.catalog.database}\n`)
} else {
  const fleets = await prepareFleets({
    url: process.env.TEST_SERVER,
    name: 'child',
    spare: 1,
    migrations: {
      'tenant/20260101000000_note.sql':
        '-- migrate:up\ncreate table note (tenant_id uuid not null default tenantry.tenant() primary key);\n',
    },
  })
  const { platform, folder } = await fleets.claim()
  const facts = { catalog: platform.config.catalog.database, platform: platform.id, folder: folder.split('/').at(-1) }
  process.stdout.write(`${JSON.stringify(facts)}\n`)
}
setInterval(() => {}, 1_000)
