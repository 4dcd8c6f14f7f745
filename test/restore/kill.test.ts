import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { checkPlatform } from '../faults/checker.js'
import { startChild } from '../faults/children.js'
import { pointsOf, type Rig, slugOf, startRig, until } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { backedUp, fill, seen, where } from './rig.js'

const at = (borders: RegExp): readonly string[] => pointsOf('backup.restore').filter((point) => borders.test(point.replace(/^.*\//, '')))
// Into a shared home of a newer version, so through a schema that is made for it and dropped again.
const AS = at(/^(fill:acted|settle:before)$/)
const BESIDE = at(/^(database:acted|tables:acted|fill:acted|raise:acted|settle:after)$/)
const UNDO = 'backup.restore/fill:undone'

describe('of those who restore backups, some were killed with SIGKILL', () => {
  let rig: Rig
  const backups = new Map<string, string>()
  const then = new Map<string, Readonly<Record<string, string>>>()
  const beside = (point: string): string => slugOf('b', point)

  beforeAll(async () => {
    rig = await startRig({ origin: 'schema', bystander: 'shared', ...Object.fromEntries(BESIDE.map((point) => [beside(point), 'schema'])) })
    for (const slug of ['origin', 'bystander', ...BESIDE.map(beside)]) {
      await fill(rig, slug, slug)
      then.set(slug, await seen(rig, await where(rig, slug)))
      if (slug !== 'bystander') backups.set(slug, await backedUp(rig, slug))
    }
    await writeFile(
      join(rig.fleet.folder, 'migrations', 'tenant', '20260202000000_more.sql'),
      '-- migrate:up\ncreate table more (tenant_id uuid not null default tenantry.tenant(), id int, primary key (tenant_id, id));\n-- migrate:down\ndrop table more;\n',
    )
    await rig.fleet.run('migrate.up', {})
    const backup = backups.get('origin')!
    const victims = [
      ...AS.map((killAt) => ({ run: 'backup.restore', input: { backup, as: slugOf('a', killAt), isolation: 'shared' }, killAt })),
      ...BESIDE.map((killAt, i) => ({
        run: 'backup.restore',
        input: { backup: backups.get(beside(killAt)), isolation: i === 0 ? 'database' : 'schema' },
        killAt,
      })),
      { run: 'backup.restore', input: { backup, as: 'undone', isolation: 'shared' }, waitAt: 'backup.restore/settle:before', killAt: UNDO },
    ]
    const child = startChild(rig.fleet, { together: victims })
    await child.says('at backup.restore/settle:before')
    const [{ id } = { id: '' }] = await rig.eyes.see<{ id: string }>(
      rig.subject.catalog,
      `select id from catalog.operation where name = 'backup.restore' and input ->> 'as' = 'undone'`,
    )
    await rig.fleet.run('operation.cancel', { operation: id })
    child.goOn()
    expect(await child.ended()).toMatchObject({ last: expect.stringContaining('killed at'), signal: 'SIGKILL' })
    await withWork(rig.fleet, () =>
      until('all of them to end', async () => {
        const open = `select id from catalog.operation where name = 'backup.restore' and state in ('running', 'undoing')`
        return (await rig.eyes.see(rig.subject.catalog, open)).length === 0 || undefined
      }),
    )
  }, 60_000)
  afterAll(() => rig?.stop())

  test.for(AS)('%s: the new tenant has all rows', async (point) => {
    expect(await seen(rig, await where(rig, slugOf('a', point)))).toEqual(then.get('origin'))
    expect(await rig.fleet.app.tenant(slugOf('a', point)).query(sql`select count(*)::int as n from more`)).toEqual([{ n: 0 }])
  })

  test.for(BESIDE)('%s: there is one home beside, with all rows, and the tenant lives where it did', async (point) => {
    const slug = beside(point)
    const { data } = await rig.fleet.run<{ data: { kind: string; database: string; schema: string; backup: string }[] }>('tenant.homes', {
      tenant: slug,
    })
    expect(data.map(({ kind }) => kind)).toEqual(['live', 'restored'])
    expect(data[1]!.backup).toBe(backups.get(slug))
    const { tenant } = await where(rig, slug)
    const { 'platform.account': _, ...rows } = await seen(rig, { ...data[1]!, tenant })
    expect(then.get(slug)).toMatchObject(rows)
    expect(await seen(rig, await where(rig, slug))).toEqual(then.get(slug))
  })

  test('what was cancelled has left nothing, and nobody else has changed', async () => {
    await expect(rig.fleet.run('tenant.show', { tenant: 'undone' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    expect(await checkPlatform(rig.subject)).toEqual([])
    expect(await seen(rig, await where(rig, 'bystander'))).toEqual(then.get('bystander'))
    expect(await seen(rig, await where(rig, 'origin'))).toEqual(then.get('origin'))
  })
})
