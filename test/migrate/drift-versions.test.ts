import { afterAll, beforeAll, expect, test } from 'vitest'
import { fingerprintOfFacts } from '../../src/schema/drift/facts.js'
import { look } from '../../src/schema/drift/look.js'
import { shapeOfFiles } from '../../src/schema/drift/shape.js'
import { renderSnapshot } from '../../src/schema/drift/snapshot.js'
import type { Migration } from '../../src/schema/migration-files.js'
import { PLAIN } from '../../src/schema/section-options.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { expectCommitted } from '../house/committed.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { NASTY } from './drift-nasty.js'

const POS = new URL('../../examples/pos/migrations', import.meta.url).pathname
const pos = {
  extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'],
  tenantColumn: 'tenant_id',
  hidden: { user_account: ['password_hash', 'mfa_secret'] },
}
// Of the POS example as the files make it; the same on every version, so that it is written down once.
const FINGERPRINT = 'f0c29f07c1afea88bf7a6198787567fcb241438bd063c6e4514aedd9913320e2'

describeOn(['embedded-18', 'embedded-16', 'debian-15'], 'the shape of a home', (server) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await fleetOn(server, { migrations: POS, config: pos, tenants: { crowd: 'shared', own: 'schema', alone: 'database' } })
  })
  afterAll(() => fleet?.stop())

  test.each(['crowd', 'own', 'alone'])('is what the committed snapshot says: %s', async (slug) => {
    const { schema } = await fleet.tenant(slug)
    const facts = await look(await fleet.witness(slug), { schema, role: null, login: null }, fleet.platform.names)
    expectCommitted('examples/pos/migrations/tenant.snapshot.txt', renderSnapshot(facts))
    expect(fingerprintOfFacts(facts, 'shape')).toBe(FINGERPRINT)
  })

  test('migrate verify finds the snapshot of the example current', async () => {
    expect(await fleet.run('migrate.verify')).toMatchObject({ pending: 0, data: [{ track: 'tenant', state: 'current' }] })
  })

  test('is told in the same words where the versions have others', async () => {
    const file = {
      version: '1',
      title: 'nasty',
      file: 'nasty',
      kind: 'sql',
      up: NASTY,
      upLine: 1,
      options: PLAIN,
      checksum: '',
    } as unknown as Migration
    const witness = await fleet.witness('own')
    const facts = await witness.transaction((session) => shapeOfFiles(session, [file], fleet.platform.names))
    expectCommitted('test/migrate/drift-nasty.snap.txt', `${renderSnapshot(facts)}\n# ${fingerprintOfFacts(facts, 'all')}\n`)
  })
})
