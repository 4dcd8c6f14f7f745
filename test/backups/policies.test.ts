import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Rig, startRig, until } from '../faults/rig.js'
import { withWork } from '../faults/with-work.js'
import { gate } from '../support/gate.js'
import { archivesIn, backupsOf, codeOf } from './rig.js'

describe('policies of backups', () => {
  let rig: Rig
  let at: (point: string) => Promise<void> = async () => {}
  const run = <T = { backups: number }>(name: string, input: object = {}): Promise<T> => rig.fleet.run<T>(name, input)
  const schedule = (input: object) => run('backup.schedule', input)
  const see = (text: string, values: readonly unknown[] = []) => rig.eyes.see<{ id: string }>(rig.subject.catalog, text, values)
  /** Lets so much time go by for what was made before. */
  const age = (interval: string) =>
    see(
      `update catalog.backup set begun_at = begun_at - $1::interval, kept_at = kept_at - $1::interval, taken_at = taken_at - $1::interval,
              verified_at = verified_at - $1::interval where state = 'kept'`,
      [interval],
    )
  const kinds = async (tenant: string) => (await backupsOf(rig).list({ tenant })).map(({ kind }) => kind)
  const due = async () => (await run('backup.due')).backups
  const prune = async () => (await run('backup.prune')).backups

  beforeAll(async () => {
    rig = await startRig({ one: 'shared', two: 'schema', three: 'shared' }, { failpoint: (point) => at(point) })
    await run('tenant.set', { tenant: 'two', tier: 'gold' })
    await run('tenant.set', { tenant: 'three', tier: 'gold', label: ['ring=early'] })
  })
  beforeEach(async () => {
    await see('delete from catalog.backup_policy')
    await see(`update catalog.backup set expires_at = '-infinity', state = 'removing'`)
    await run('backup.prune')
  })
  afterAll(() => rig?.stop())

  test('nothing is due without one, and then once a day; of a week and a month the rarest kind counts for all', async () => {
    expect(await due()).toBe(0)
    await schedule({ tenant: 'one', daily: 3, weekly: 2, monthly: 1 })
    expect(await due()).toBe(1)
    expect(await kinds('one')).toEqual(['monthly'])
    expect(await due()).toBe(0)
    await age('40 days')
    await schedule({ tenant: 'one', daily: 3, weekly: 2 })
    expect([await due(), await due()]).toEqual([1, 0])
    expect(await kinds('one')).toEqual(['weekly', 'monthly'])
  })

  test('a label that no tenant can have is refused, and not taken for one that nobody has', async () => {
    await expect(schedule({ label: 'Ring=early', monthly: 1 })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(run('backup.create', { label: 'Ring=early' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('of several the narrowest is in force: of the tenant, then of a label, of a tier, and the one for all', async () => {
    await schedule({ all: true, daily: 1 })
    await schedule({ tier: 'gold', weekly: 1 })
    await schedule({ label: 'ring=early', monthly: 1 })
    expect(await due()).toBe(3)
    expect([await kinds('one'), await kinds('two'), await kinds('three')]).toEqual([['daily'], ['weekly'], ['monthly']])
    const { data } = await run<{ data: object[] }>('backup.policies')
    expect(data).toMatchObject([
      { scope: 'label', target: 'ring=early', tenants: 1 },
      { scope: 'tier', target: 'gold', tenants: 1 },
      { scope: 'all', target: null, tenants: 1 },
    ])
    await schedule({ tenant: 'three', daily: 0 })
    await age('40 days')
    expect(await due()).toBe(2)
  })

  test('as many are kept as a policy says, and not fewer; what was made by hand stays', async () => {
    await schedule({ tenant: 'one', daily: 2 })
    const byHand = await backupsOf(rig).create('one')
    for (let day = 0; day < 4; day++) {
      expect(await due()).toBe(1)
      await age('1 day')
    }
    expect(await prune()).toBe(2)
    expect(await prune()).toBe(0)
    expect(await kinds('one')).toEqual(['daily', 'daily', 'demand'])
    expect(await archivesIn(rig, 'archives')).toEqual((await backupsOf(rig).list()).map(({ id }) => id).sort())
    expect((await backupsOf(rig).list({ kind: 'demand' }))[0]?.id).toBe(byHand.id)
  })

  test('one that is damaged takes the place of no other, and goes when as many newer ones are whole', async () => {
    await schedule({ tenant: 'one', daily: 2 })
    const days = async (count: number) => {
      for (let day = 0; day < count; day++) {
        expect(await due()).toBe(1)
        await age('1 day')
      }
    }
    await days(2)
    const [young] = await backupsOf(rig).list({ tenant: 'one' })
    await see(`update catalog.backup set damage = 'found', verified_at = null where id = $1`, [young!.id])
    await days(1)
    expect(await prune()).toBe(0)
    await days(1)
    expect(await prune()).toBe(2)
    expect(await kinds('one')).toEqual(['daily', 'daily'])
  })

  test('nothing goes without a newer one that is verified and whole', async () => {
    const { create, list } = backupsOf(rig)
    const old = await create('two', { keep: '1ms', verify: true })
    expect(await prune()).toBe(0)
    const young = await create('two')
    expect(await prune()).toBe(0)
    await run('backup.verify', { backup: young.id })
    await see(`update catalog.backup set damage = 'found' where id = $1`, [young.id])
    expect(await prune()).toBe(0)
    await run('backup.verify', { backup: young.id })
    expect(await run('backup.prune', { dryRun: true })).toMatchObject({ backups: 1, data: [{ id: old.id, of: 'two' }] })
    expect(await prune()).toBe(1)
    expect(await list({ tenant: 'two' })).toMatchObject([{ id: young.id }])
  })

  test('under legal hold nothing goes, and afterwards it does', async () => {
    const { create } = backupsOf(rig)
    await create('two', { keep: '1ms' })
    await create('two', { verify: true })
    await run('tenant.hold', { tenant: 'two', reason: 'a claim' })
    expect(await prune()).toBe(0)
    await run('tenant.unhold', { tenant: 'two' })
    expect(await prune()).toBe(1)
  })

  test('what would stay goes when somebody says so, by the same rules, and not under hold', async () => {
    const { create, list } = backupsOf(rig)
    const expire = (backup: string, input: object = {}) => run('backup.expire', { backup, ...input })
    const old = await create('two')
    await expire(old.id, { in: '30d' })
    const month = `select id from catalog.backup where expires_at - clock_timestamp() between interval '29 days' and interval '30 days'`
    expect(await see(month)).toEqual([{ id: old.id }])
    const young = await create('two', { verify: true })
    expect(await prune()).toBe(0)
    await run('tenant.hold', { tenant: 'two', reason: 'a claim' })
    expect(await codeOf(expire(old.id))).toBe('TENANT_HELD')
    await run('tenant.unhold', { tenant: 'two' })
    await expire(old.id)
    await expire(young.id)
    expect(await prune()).toBe(1)
    expect(await list({ tenant: 'two' })).toMatchObject([{ id: young.id }])
    expect(await codeOf(expire(old.id))).toBe('BACKUP_NOT_FOUND')
    await see(`update catalog.backup set state = 'removing' where id = $1`, [young.id])
    expect(await codeOf(expire(young.id))).toBe('BACKUP_STATE')
  })

  test('under legal hold nothing goes whose removal has begun, and afterwards it does', async () => {
    const { id } = await backupsOf(rig).create('two')
    await run('tenant.hold', { tenant: 'two', reason: 'a claim' })
    await see(`update catalog.backup set state = 'removing' where id = $1`, [id])
    expect(await run('backup.prune')).toMatchObject({ backups: 0, cleared: 0 })
    expect(await archivesIn(rig, 'archives')).toEqual([id])
    await run('tenant.unhold', { tenant: 'two' })
    expect(await run('backup.prune')).toMatchObject({ cleared: 1 })
    expect(await archivesIn(rig, 'archives')).toEqual([])
  })

  test('platform tables of a database do not stand for a dump of it', async () => {
    const { database } = await rig.fleet.tenant('two')
    const { backup } = await run<{ backup: { id: string } }>('backup.create', { platform: `main/${database}`, verify: true })
    const dump = (taken: string) =>
      see(
        `insert into catalog.backup
         select (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid(), 'kind', 'database', 'expires_at', now(), 'taken_at',
                 now() - $2::interval))).* from catalog.backup b where id = $1 returning id`,
        [backup.id, taken],
      )
    const [old] = await dump('2 days')
    expect(await run('backup.prune', { dryRun: true })).toMatchObject({ data: [] })
    await dump('1 day')
    expect(await run('backup.prune', { dryRun: true })).toMatchObject({ data: [{ id: old!.id }] })
  })

  test('of two that remove the same one at once, none forgets it while its archive is there', async () => {
    await backupsOf(rig).create('two', { keep: '1ms' })
    const young = await backupsOf(rig).create('two', { verify: true })
    const lock = await rig.eyes.session(rig.subject.catalog)
    const { opened: trap, open: release } = gate()
    let begun = 0
    at = async (point) => {
      if (point.startsWith('backup.prune/remove[') && point.endsWith(':begun') && ++begun === 1) await trap
    }
    try {
      await lock.query('begin')
      await lock.query('select from catalog.backup for update')
      const both = [prune(), prune()]
      // Both have it on their lists.
      await rig.waiting(rig.subject.catalog, 'any lock', 2)
      await lock.query('rollback')
      await Promise.race(both)
      expect(await archivesIn(rig, 'archives')).toEqual((await backupsOf(rig).list()).map(({ id }) => id).sort())
      release()
      await Promise.all(both)
    } finally {
      release()
      at = async () => {}
      await lock.end()
    }
    expect(await archivesIn(rig, 'archives')).toEqual([young.id])
  })

  test('nothing goes that is being restored by the name of its tenant, beside it or as a new one', async () => {
    const old = await backupsOf(rig).create('two', { keep: '1ms' })
    for (const as of [undefined, 'again']) {
      let young: string | undefined
      at = async (point) => {
        if (point !== 'backup.restore/fill:before') return
        young = (await backupsOf(rig).create('two', { verify: true })).id
        expect(await run('backup.prune', { tenant: 'two', dryRun: true })).toMatchObject({ data: [] })
      }
      try {
        await run('backup.restore', { backup: 'two', ...(as === undefined ? {} : { as }) })
      } finally {
        at = async () => {}
      }
      expect(await run('backup.prune', { tenant: 'two', dryRun: true })).toMatchObject({ data: [{ id: old.id }] })
      await see(`update catalog.backup set state = 'removing' where id = $1`, [young])
    }
  })

  test('of a tenant that is gone, what has a time of its own goes when that is over, and the rest stays', async () => {
    const [short, long] = [await backupsOf(rig).create('two', { keep: '1ms' }), await backupsOf(rig).create('two')]
    await see(`update catalog.backup set tenant_id = gen_random_uuid() where id in ($1, $2)`, [short.id, long.id])
    expect(await run('backup.prune', { dryRun: true })).toMatchObject({ data: [{ id: short.id }] })
    await expect(run('backup.restore', { backup: long.id })).rejects.toMatchObject({
      code: 'BACKUP_STATE',
      message: expect.stringContaining('--as SLUG'),
    })
  })

  test('whoever was renamed is found by each of its names, and one that took the name of one that is gone has none of its backups', async () => {
    const { create, list } = backupsOf(rig)
    const made = await create('three')
    await run('tenant.rename', { tenant: 'three', slug: 'third' })
    for (const tenant of ['three', 'third']) {
      expect(await list({ tenant })).toMatchObject([{ id: made.id }])
      expect(await run('backup.verify', { tenant })).toMatchObject({ backups: 1 })
      expect(await run('backup.prune', { tenant, dryRun: true })).toMatchObject({ backups: 0 })
    }
    await run('tenant.rename', { tenant: 'third', slug: 'three' })
    const [gone, live] = [await create('one'), await create('one')]
    await see('update catalog.backup set tenant_id = gen_random_uuid() where id = $1', [gone.id])
    expect(await list({ tenant: 'one' })).toMatchObject([{ id: live.id }])
  })

  test('workers do it by themselves', async () => {
    await backupsOf(rig).create('three', { keep: '1ms' })
    await schedule({ tier: 'gold', daily: 1 })
    await withWork(rig.fleet, () =>
      until('both to be backed up and the old one to go', async () => {
        const found = [...(await kinds('two')), ...(await kinds('three'))]
        return found.join(' ') === 'daily daily' ? true : undefined
      }),
    )
  })

  test('what is refused says why', async () => {
    expect(await codeOf(schedule({ daily: 1 }))).toBe('INPUT_INVALID')
    expect(await codeOf(schedule({ tenant: 'nobody', daily: 1 }))).toBe('TENANT_NOT_FOUND')
    for (const name of ['backup.list', 'backup.verify', 'backup.prune', 'backup.drill'])
      expect(await codeOf(run(name, { tenant: 'nobody' })), name).toBe('TENANT_NOT_FOUND')
    await expect(run('tenant.certificate', { tenant: 'one', kind: 'keys' })).rejects.toMatchObject({
      code: 'CERTIFICATE_NOT_FOUND',
      remedy: expect.stringContaining('datakey destroy'),
    })
    expect(await schedule({ all: true, remove: true })).toMatchObject({ removed: true })
  })
})
