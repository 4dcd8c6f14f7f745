import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkGone, checkPlatform, checkTenant } from './checker.js'
import { runKilled, runKilledTogether, startChild, withWorkers } from './children.js'
import { ISOLATIONS, pointsOf, type Rig, slugOf, startRig } from './rig.js'
import { dropSeed, putSeed, SEEDS, seededRows, seedsFor, writeSeeds } from './seed-project.js'

const FACTS = { tier: 'gold', region: 'eu', label: ['plan=pro'] }
const expectedOf = (slug: string) => seedsFor(slug, ['The name', 'gold', 'eu', 'pro'])

for (const isolation of ISOLATIONS) {
  describe(`${isolation}: seeds`, () => {
    let rig: Rig
    const create = (slug: string) =>
      rig.fleet.run<{ id: string; state: string }>('tenant.create', { slug, name: 'The name', isolation, ...FACTS })
    const warmIds = async () =>
      (await rig.eyes.see<{ id: string }>(rig.subject.catalog, "select id from catalog.tenant where state = 'warm'")).map(({ id }) => id)
    const placed = async () => {
      const { database } = await rig.fleet.tenant('peace')
      return rig.eyes.see(database, 'select name from tenantry.seed s join tenantry.placement p using (tenant_id)')
    }

    beforeAll(async () => {
      rig = await startRig({ peace: isolation })
      await writeSeeds(rig)
    })
    afterAll(() => rig?.stop())

    test('are there when a tenant is created', async () => {
      expect(await create('cold')).toMatchObject({ state: 'active', tier: 'gold', region: 'eu', labels: { plan: 'pro' } })
      expect(await seededRows(rig, 'cold')).toEqual(expectedOf('cold'))
      expect(await checkTenant(rig.subject, 'cold', { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test('are there when a warm tenant is claimed: what depends on the customer is written then', async () => {
      await rig.fleet.run('stock.fill', { target: 1, isolation })
      const [id] = await warmIds()
      expect(await create('claimed')).toMatchObject({ id, state: 'active' })
      expect(await seededRows(rig, 'claimed')).toEqual(expectedOf('claimed'))
      expect(await checkTenant(rig.subject, 'claimed', { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test('that fail name file, line, tenant and SQLSTATE, and nothing is left of the tenant, warm or not', async () => {
      await rig.fleet.run('stock.fill', { target: 1, isolation })
      const before = (await placed()).length
      const [id] = await warmIds()
      await putSeed(rig, '520_bad.claim.sql', "insert into author (name) values ('half');\n\nupdate author\n  set name = (1 / 0)::text;\n")
      for (const slug of ['bad-warm', 'bad-cold']) {
        await expect(create(slug)).rejects.toMatchObject({
          code: 'SEED_FAILED',
          facts: { file: '520_bad.claim.sql', line: 3, tenant: slug, sqlstate: '22012' },
        })
        expect(await checkGone(rig.subject, slug)).toEqual([])
      }
      await dropSeed(rig, '520_bad.claim.sql')
      expect((await placed()).length).toBe(isolation === 'database' ? before : before - 2)
      if (isolation === 'shared') {
        const { database, schema } = await rig.fleet.tenant('peace')
        expect(await rig.eyes.see(database, `select from "${schema}".note where tenant_id = '${id}'`)).toEqual([])
        expect(await rig.eyes.see(database, `select from platform.account where tenant_id = '${id}'`)).toEqual([])
      }
      expect(await create('bad-warm')).toMatchObject({ state: 'active' })
    })

    test('afterwards the platform is in order', async () => {
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}

describe('shared: seeds', () => {
  let rig: Rig
  const input = (slug: string) => ({ slug, name: 'The name', isolation: 'shared', ...FACTS })
  const create = (slug: string) => rig.fleet.run<{ id: string }>('tenant.create', input(slug))
  const warm = () => rig.fleet.run('stock.show').then((answer) => (answer as { data: readonly object[] }).data[0])
  // Of a cold creation every point is killed in kill-shared.test.ts, with the same seeds.
  const CLAIM = pointsOf('tenant.create').filter((point) => /create\/(seeds|activate):/.test(point))
  const claimed = (point: string): string => slugOf('w', point)

  beforeAll(async () => {
    rig = await startRig({ peace: 'shared', neighbour: 'shared' })
    await writeSeeds(rig)
  })
  afterAll(() => rig?.stop())

  describe('when workers were killed with SIGKILL', () => {
    beforeAll(async () => {
      await rig.fleet.run('stock.fill', { target: CLAIM.length })
      await runKilledTogether(
        rig.fleet,
        CLAIM.map((killAt) => ({ run: 'tenant.create', input: input(claimed(killAt)), killAt })),
      )
      await putSeed(rig, 'doomed', '')
      const doomed = startChild(rig.fleet, { run: 'tenant.create', input: input('within') })
      expect((await doomed.ended()).signal).toBe('SIGKILL')
      await dropSeed(rig, 'doomed')
      // Or the workers would make others, and be killed at it.
      await rig.eyes.see(rig.subject.catalog, 'update catalog.stock set target = 0')
      await withWorkers(rig.fleet, 2, async () => {
        for (const slug of [...CLAIM.map(claimed), 'within'])
          expect(await rig.end('tenant.create', slug)).toMatchObject({ state: 'succeeded' })
      })
    })

    test.for(['within', ...CLAIM.map(claimed)])('%s: it has every row of every seed once', async (slug) => {
      expect(await seededRows(rig, slug)).toEqual(expectedOf(slug))
      expect(await checkTenant(rig.subject, slug, { state: 'active', isolation: 'shared', like: 'peace' })).toEqual([])
    })
  })

  test('a seed is behind the walls of its tenant', async () => {
    const { id } = await rig.fleet.tenant('neighbour')
    const refused = async (text: string, facts: object, name = '300_walls.sql') => {
      await putSeed(rig, name, text)
      await expect(create('walls')).rejects.toMatchObject(facts)
      await dropSeed(rig, name)
    }
    const failed = (sqlstate: string) => ({ code: 'SEED_FAILED', facts: { sqlstate } })
    await rig.fleet.run('stock.fill', { target: 0 })
    await refused(`insert into author (tenant_id, name) values ('${id}', 'mine')`, failed('42501'))
    await refused("select set_config('role', 'postgres', true)", failed('42501'))
    await refused('delete from tenantry.seed', failed('42501'))
    await refused("insert into author (name) values (tenantry.fact('slug'))", failed('TN012'))
    await refused('\nreset role', { code: 'SEED_INVALID', facts: { file: '300_walls.sql:2' } })
    await refused('create table more (id int)', { code: 'SEED_INVALID' })
    const step = (body: string) => `import { sql } from 'tenantry'\nexport default async ({ tx }) => { ${body} }\n`
    await refused(
      step('await tx.run(sql`reset role`)'),
      { code: 'SEED_FAILED', facts: { reason: expect.stringContaining('reset') } },
      '300_walls.ts',
    )
    await refused(step('await tx.run(sql`select 1/0`).catch(() => {})'), { code: 'SEED_FAILED' }, '300_walls.ts')
    await refused('export const step = 1', { code: 'SEED_INVALID' }, '300_walls.ts')
    await refused('select 1', { code: 'SEED_INVALID' }, 'Walls.sql')
    await refused('select 1', { code: 'SEED_INVALID' }, '010_twin.sql')
  })

  test('a tenant that had a seed before the file was edited is not made of both', async () => {
    await runKilled(rig.fleet, 'tenant.create', input('edited'), 'tenant.create/seeds:acted')
    await putSeed(rig, '010_authors.sql', "insert into author (name) values ('edited')")
    await withWorkers(rig.fleet, 1, async () => {
      expect(await rig.end('tenant.create', 'edited')).toMatchObject({ state: 'failed', fault: 'SEED_CHANGED' })
    })
    expect(await checkGone(rig.subject, 'edited')).toEqual([])
    await putSeed(rig, '010_authors.sql', SEEDS['010_authors.sql']!)
  })

  test('a warm tenant made before a seed was added gets it when it is claimed', async () => {
    await rig.fleet.run('stock.fill', { target: 1 })
    await putSeed(rig, '030_added.sql', "insert into author (name) values ('added')")
    expect(await warm()).toMatchObject({ warm: 1, outdated: 0 })
    const [id] = await rig.eyes.see<{ id: string }>(rig.subject.catalog, "select id from catalog.tenant where state = 'warm'")
    expect(await create('added')).toMatchObject(id!)
    expect(await seededRows(rig, 'added')).toEqual([...expectedOf('added'), 'author added'].sort())
  })

  test('one made before a seed was changed is claimed by nobody, and replaced', async () => {
    await rig.fleet.run('stock.fill', { target: 1 })
    await putSeed(rig, '030_added.sql', "insert into author (name) values ('changed')")
    expect(await warm()).toMatchObject({ warm: 0, outdated: 1, surplus: 1 })
    await create('changed')
    expect(await seededRows(rig, 'changed')).toEqual([...expectedOf('changed'), 'author changed'].sort())
    expect(await warm()).toMatchObject({ warm: 0, outdated: 1 })
    expect(await rig.fleet.run('stock.fill', { target: 1 })).toMatchObject({ warm: 1, outdated: 0, surplus: 0 })
  })

  test('without seeds of the claim a claim is one transaction', async () => {
    for (const name of Object.keys(SEEDS).filter((file) => file.includes('.claim.'))) await dropSeed(rig, name)
    await rig.fleet.run('stock.fill', { target: 1 })
    await create('quick')
    const steps = 'select from catalog.operation_step s where s.operation_id = $1'
    expect(await rig.eyes.see(rig.subject.catalog, steps, [(await rig.operation('tenant.create', 'quick')).id])).toEqual([])
    expect(await seededRows(rig, 'quick')).toContain('author house')
  })

  test('afterwards the platform is in order', async () => {
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
