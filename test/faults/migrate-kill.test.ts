import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform, placesOf } from './checker.js'
import { runKilled } from './children.js'
import {
  databasesWithout,
  endOfMigration,
  type Form,
  invalidIndexes,
  seedTraces,
  tracesOf,
  writeMigration,
  writePlatformMigration,
} from './migrations-killed.js'
import { pointsOf, type Rig, startRig } from './rig.js'
import { withWork } from './with-work.js'

const SLUGS = ['shared-a', 'shared-b', 'schema-a', 'schema-b', 'database-a']

describe('a process that migrates the fleet is killed with SIGKILL', () => {
  let rig: Rig
  let number = 0
  beforeAll(async () => {
    rig = await startRig(Object.fromEntries(SLUGS.map((slug) => [slug, slug.split('-')[0]! as 'shared'])))
    await seedTraces(rig.fleet, SLUGS)
  })
  afterAll(() => rig?.stop())

  /** Each home has the migration wholly or not at all, and a worker finishes it. */
  const killAndFinish = async (point: string, form?: Form): Promise<void> => {
    const written = await writeMigration(rig.fleet, ++number, form)
    const table = point.startsWith('migrate.up/platform') ? await writePlatformMigration(rig.fleet, number) : undefined
    await runKilled(rig.fleet, 'migrate.up', { parallel: 1 }, point)
    expect([...(await tracesOf(rig.subject, written)).values()].filter((one) => one !== 'none' && one !== 'all')).toEqual([])
    await withWork(rig.fleet, () => endOfMigration(rig))
    expect(new Set((await tracesOf(rig.subject, written)).values())).toEqual(new Set(['all']))
    expect(await invalidIndexes(rig.subject)).toEqual([])
    if (table !== undefined) expect(await databasesWithout(rig.subject, table, number)).toEqual([])
  }

  test.for(pointsOf('migrate.up'))('at %s', (point) => killAndFinish(point))

  test('at the platform tables of a database', async () => {
    const [found] = await rig.eyes.see<{ key: string }>(
      rig.subject.catalog,
      `select c.name || '/' || d.name || '/platform ' || d.id as key
       from catalog.database d join catalog.cluster c on c.id = d.cluster_id order by d.name limit 1`,
    )
    await killAndFinish(`migrate.up/platform[${found!.key}]:acted`)
  })

  test.each([
    ['shared-a', 'acted'],
    ['schema-a', 'before'],
    ['schema-a', 'acted'],
    ['schema-a', 'after'],
    ['database-a', 'acted'],
  ])('at the home of %s, %s', async (slug, border) => {
    const { home, schema } = (await placesOf(rig.subject, slug))[0]!
    await killAndFinish(`migrate.up/tenant[${schema} ${home}]:${border}`)
  })

  test('at a home, by statements of their own', async () => {
    const { home, schema } = (await placesOf(rig.subject, 'schema-b'))[0]!
    await killAndFinish(`migrate.up/tenant[${schema} ${home}]:acted`, 'statement by statement')
  })

  test('afterwards the platform is in order', async () => {
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
