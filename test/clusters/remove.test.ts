import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeCluster } from '../../src/operations/cluster/remove.js'
import { checkPlatform } from '../faults/checker.js'
import { runKilled, withWorkers } from '../faults/children.js'
import { atMost, pointsOf, type Rig, startRig, until } from '../faults/rig.js'

const POINTS = pointsOf('cluster.remove').filter((point) =>
  /databases:acted|roles:before|revocations:acted|forget:(acted|after)$/.test(point),
)

describe('a cluster is removed', () => {
  let rig: Rig
  let prefix: string
  const name = (point: string): string => point.replace(/^.*\//, 'k-').replace(':', '-')
  const databaseOf = (cluster: string): string => `${prefix}${cluster.replaceAll('-', '_')}`
  const remove = (cluster: string, confirm = cluster) => rig.fleet.run<{ warnings: string[] }>('cluster.remove', { cluster, confirm })
  const exists = async (database: string): Promise<boolean> =>
    (await rig.eyes.see('postgres', 'select from pg_database where datname = $1', [database])).length > 0
  const roles = async (): Promise<readonly string[]> => {
    const rows = await rig.eyes.see<{ role: string }>(
      'postgres',
      'select rolname::text as role from pg_roles where starts_with(rolname, $1)',
      [`tny_${rig.fleet.platform.id}_`],
    )
    return rows.map(({ role }) => role)
  }
  const catalog = (text: string, values: readonly unknown[] = []) => rig.eyes.see(rig.subject.catalog, text, values)

  beforeAll(async () => {
    rig = await startRig()
    prefix = rig.subject.prefix
    // What the server has besides belongs to all tests; they are not ours to give back.
    await catalog('delete from catalog.revocation')
    for (const cluster of POINTS.map(name)) await rig.fleet.run('cluster.add', { name: cluster, database: databaseOf(cluster) })
  })
  afterAll(async () => {
    await rig?.stop()
  })

  test('it needs its own name as a confirmation, and nothing has changed without', async () => {
    for (const confirm of [undefined, 'mian']) {
      await expect(rig.fleet.run('cluster.remove', { cluster: 'main', confirm })).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' })
    }
    expect(await rig.fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({ state: 'live' })
    await expect(remove('none')).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
    expect(removeCluster.effect).toBe('destroy')
  })

  test('workers were killed with SIGKILL in it: others bring it to its end, and nothing of it is left', async () => {
    await atMost(
      3,
      POINTS.map((point) => () => runKilled(rig.fleet, 'cluster.remove', { cluster: name(point), confirm: name(point) }, point)),
    )
    await withWorkers(rig.fleet, 1, () =>
      until('all removals to end', async () => {
        const open = await catalog(`select from catalog.operation where name = 'cluster.remove' and state <> 'succeeded'`)
        return open.length === 0 ? true : undefined
      }),
    )
    for (const point of POINTS) expect(await exists(databaseOf(name(point)))).toBe(false)
    expect(await catalog('select name from catalog.cluster')).toEqual([{ name: 'main' }])
    // What the removed had in common with the one that stays is still there.
    expect(await roles()).toEqual(expect.arrayContaining([rig.fleet.platform.names.owner, `tny_${rig.fleet.platform.id}_app1`]))
    expect(await checkPlatform(rig.subject)).toEqual([])
  })

  test('a tenant that the catalog does not know stops it, and the cluster is as before', async () => {
    const tenants = `${prefix}tenants`
    await rig.eyes.see(
      tenants,
      `insert into tenantry.placement (tenant_id, home_id, epoch, state, role_name, search_path, version)
       select gen_random_uuid(), id, 1, 'active', role_name, schema_name, version from tenantry.home`,
    )
    await expect(remove('main')).rejects.toMatchObject({ code: 'DATABASE_OCCUPIED', message: expect.stringContaining('1 tenant') })
    expect(await rig.fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({ state: 'live' })
    await rig.eyes.see(tenants, 'delete from tenantry.placement')
  })

  test('while it holds tenants it is refused, with their number', async () => {
    await rig.fleet.run('cluster.add', { name: 'full', database: databaseOf('full') })
    await rig.fleet.run('tenant.create', { slug: 'one', isolation: 'shared', cluster: 'full' })
    await rig.fleet.run('tenant.create', { slug: 'two', isolation: 'schema', cluster: 'full' })
    await expect(remove('full')).rejects.toMatchObject({
      code: 'CLUSTER_OCCUPIED',
      facts: { tenants: 2 },
      remedy: expect.stringContaining('tenantry tenant list --cluster full'),
    })
  })

  test('what it had in common with a neighbour goes to the neighbour, revocations included', async () => {
    await rig.fleet.run('cluster.add', { name: 'next', database: databaseOf('next') })
    await catalog(`insert into catalog.revocation select id, 'elsewhere', 'x' from catalog.cluster where name = 'next'`)
    await remove('next')
    expect(await catalog('select database_name from catalog.revocation r join catalog.cluster c on c.id = r.cluster_id')).toEqual([
      { database_name: 'elsewhere' },
    ])
    await catalog('delete from catalog.revocation')
  })

  test('one whose server is gone for good is forgotten when asked for, with what it leaves there', async () => {
    await rig.fleet.run('cluster.add', { name: 'gone', database: databaseOf('gone') })
    await catalog(`update catalog.cluster set admin_ref = 'env:GONE', system_id = 'another' where name = 'gone'`)
    await expect(remove('gone')).rejects.toMatchObject({ code: 'SECRET_MISSING' })
    expect(await rig.fleet.run('cluster.remove', { cluster: 'gone', confirm: 'gone', forget: true })).toEqual({
      name: 'gone',
      dropped: [],
      warnings: [`the database ${databaseOf('gone')} is still there, should the server ever come back`],
    })
    expect(await exists(databaseOf('gone'))).toBe(true)
    await rig.eyes.see('postgres', `drop database "${databaseOf('gone')}" with (force)`)
  })

  describe('the last one of a server', () => {
    const other = () => `${prefix}other`
    beforeAll(async () => {
      // The tenants of `full` leave by hand: there is nothing else on it.
      await catalog(`delete from catalog.tenant`)
      await rig.eyes.see(databaseOf('full'), 'delete from tenantry.placement')
      await remove('full')
      await rig.eyes.see('postgres', `create database "${other()}"`)
      await rig.eyes.see('postgres', `revoke connect, temporary on database "${other()}" from public`)
      await rig.eyes.see('postgres', `create database "${prefix}it's"`)
    })
    afterAll(async () => {
      for (const database of [other(), `${prefix}it's`, `${prefix}tenants`]) {
        await rig.eyes.see('postgres', `drop database if exists "${database}" with (force)`)
      }
    })
    const record = (undo: string) =>
      catalog(
        `insert into catalog.revocation (cluster_id, database_name, undo) select id, $1, $2 from catalog.cluster
         on conflict (cluster_id, database_name) do update set undo = excluded.undo`,
        [other(), undo],
      )

    test('takes nothing back that is not written as it was recorded, and can be removed again afterwards', async () => {
      await record(`grant connect, temporary on database "${other()}" to public; create role intruder superuser`)
      await expect(remove('main')).rejects.toMatchObject({ code: 'OPERATION_FAILED', message: expect.stringContaining('not as') })
      expect(await rig.eyes.see('postgres', `select from pg_roles where rolname = 'intruder'`)).toEqual([])
      expect(await rig.fleet.run('cluster.show', { cluster: 'main' })).toMatchObject({ state: 'removing' })
      await expect(rig.fleet.run('tenant.create', { slug: 'late', isolation: 'schema' })).rejects.toMatchObject({ code: 'CLUSTER_BUSY' })
    })

    test('leaves nothing behind but the login at the catalog, and leaves alone what has come in the place of a database', async () => {
      await record(`grant connect, temporary on database "${other()}" to public`)
      await rig.eyes.see('postgres', `create database "${prefix}tenants"`)
      expect(await remove('main')).toEqual({
        name: 'main',
        dropped: [],
        warnings: [expect.stringContaining(`${prefix}tenants was left alone`)],
      })
      expect(await exists(`${prefix}tenants`)).toBe(true)
      expect(await roles()).toEqual([rig.fleet.platform.names.resolver])
      const [open] = await rig.eyes.see('postgres', `select has_database_privilege('public', $1, 'connect, temporary') as open`, [other()])
      expect(open).toEqual({ open: true })
      for (const table of ['cluster', 'database', 'home', 'revocation']) expect(await catalog(`select from catalog.${table}`)).toEqual([])
    })

    test('the same name can be added anew', async () => {
      await rig.fleet.run('cluster.add', { name: 'main', database: databaseOf('again') })
      await rig.fleet.run('tenant.create', { slug: 'reborn', isolation: 'shared' })
      expect(await rig.fleet.run('tenant.show', { tenant: 'reborn' })).toMatchObject({ cluster: 'main', state: 'active' })
    })
  })
})
