import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { type Rig, startRigOn } from '../faults/rig.js'
import { describeOn } from '../support/servers-injected.js'
import type { Row } from './rig.js'

// Debian's own client programs are there with its server.
describeOn(['debian-15'], 'a whole database', (server) => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRigOn(server, { acme: 'schema' })
  })
  afterAll(() => rig?.stop())

  test('is dumped, verified, and written out for pg_restore and psql, without a password', async () => {
    const { fleet } = rig
    const { database } = await fleet.tenant('acme')
    const witness = await fleet.witness('acme')
    const { schema } = await fleet.tenant('acme')
    const made = await fleet.run<Row>('backup.database', { database: `main/${database}`, verify: true })
    expect(made).toMatchObject({ of: database, kind: 'database', verifiedAt: expect.any(Date) })
    const folder = join(fleet.folder, 'extracted')
    expect(await fleet.run('backup.extract', { backup: made.id, folder })).toMatchObject({
      files: ['database.dump', 'globals.sql', 'facts.json'],
    })
    const dump = await readFile(join(folder, 'database.dump'))
    expect(dump.subarray(0, 5).toString()).toBe('PGDMP')
    expect(dump.includes(schema)).toBe(true)
    const globals = await readFile(join(folder, 'globals.sql'), 'utf8')
    expect(globals).toContain('CREATE ROLE')
    expect(globals).not.toMatch(/PASSWORD '|SCRAM/)
    expect(
      await witness.one(sql<{ n: number }>`select count(*)::int as n from pg_stat_activity where application_name = 'tenantry dump'`),
    ).toEqual({ n: 0 })
  })

  test('of which the catalog has lost every word is entered again, verified, and written out the same', async () => {
    const { fleet } = rig
    const { database } = await fleet.tenant('acme')
    const made = await fleet.run<Row>('backup.database', { database: `main/${database}`, verify: true })
    const dumpOf = async (folder: string): Promise<Buffer> => {
      await fleet.run('backup.extract', { backup: made.id, folder: join(fleet.folder, folder) })
      return readFile(join(fleet.folder, folder, 'database.dump'))
    }
    const before = await dumpOf('before')
    await rig.eyes.see(rig.subject.catalog, 'delete from catalog.backup where id = $1', [made.id])
    expect(await fleet.run('backup.adopt', { backup: made.id })).toMatchObject({
      entered: 1,
      data: [{ id: made.id, kind: 'database', of: database }],
    })
    expect(await fleet.run('backup.verify', { backup: made.id })).toMatchObject({ backups: 1 })
    expect((await dumpOf('after')).equals(before)).toBe(true)
  })
})
