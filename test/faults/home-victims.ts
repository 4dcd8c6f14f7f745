import { sql } from '../../src/kernel/sql.js'
import { seen, where } from '../restore/rig.js'
import { operationOf, type Victim } from './archive-kills.js'
import { placesOf } from './checker.js'
import { pointsOf, type Rig, slugOf, undoPointsOf } from './rig.js'
import { all, type Choose, filled, type Isolation, isolationAt, made, same } from './victims-of.js'

export interface RestoreOptions {
  readonly prefix: string
  readonly isolation: Isolation
  readonly choose?: Choose
}

// Where all rows are in, and nothing is final yet.
const BEFORE_THE_END = 'settle:before'

/** `backup restore --as` and `tenant clone`: forward, and taken back. */
export function newTenants(
  rig: Rig,
  run: 'backup.restore' | 'tenant.clone',
  input: Readonly<Record<string, unknown>>,
  rows: unknown,
  { prefix, isolation, choose = all }: RestoreOptions,
): readonly Victim[] {
  const forward = choose(pointsOf(run)).map((point): Victim => {
    const as = slugOf(prefix, point)
    return {
      ...{ point, run, input: { ...input, as, isolation } },
      adds: { tenants: 1 },
      check: async () => {
        const place = (await placesOf(rig.subject, as))[0]
        const wrong = same('what it is', [place?.state, place?.isolation, place?.home_isolation], ['active', isolation, isolation])
        if (wrong.length > 0) return wrong
        const [entered] = await rig.fleet.app
          .tenant(as)
          .transaction((tx) => tx.rows(sql<{ n: number }>`select count(*)::int as n from note`))
        return [...same('its rows', await seen(rig, await where(rig, as)), rows), ...same('notes that it sees', entered?.n, 3)]
      },
    }
  })
  const back = choose(undoPointsOf(run)).map((point): Victim => {
    const as = slugOf(`${prefix}u`, point)
    return {
      ...{ point, run, input: { ...input, as, isolation }, cancelAt: `${run}/${BEFORE_THE_END}` },
      check: async () => same('places that it has', (await placesOf(rig.subject, as)).length, 0),
    }
  })
  return [...forward, ...back]
}

/** `backup restore` beside, of a tenant each: forward, and taken back. */
export async function besides(rig: Rig, { prefix, isolation, choose = all }: RestoreOptions): Promise<readonly Victim[]> {
  const run = 'backup.restore'
  const prepared = async (slug: string, n: number) => {
    const rows = await filled(rig, slug, isolationAt(n))
    const { backup } = await rig.fleet.run<{ backup: { id: string } }>('backup.create', { tenant: slug })
    return { rows, backup: backup.id, live: await where(rig, slug) }
  }
  const forward = await made(choose(pointsOf(run)), async (point, n): Promise<Victim> => {
    const slug = slugOf(prefix, point)
    const { rows, backup, live } = await prepared(slug, n)
    return {
      ...{ point, run, input: { backup, isolation } },
      adds: { besides: 1 },
      check: async () => {
        const homes = await besidesOf(rig, slug)
        const wrong = same(
          'homes beside',
          homes.map(({ kind, state, isolation: one, backup_id }) => [kind, state, one, backup_id]),
          [['restored', 'kept', isolation, backup]],
        )
        if (wrong.length > 0) return wrong
        const { 'platform.account': theirs, ...own } = rows
        // Rows of platform tables are there once for all homes in a database.
        const wanted = homes[0]!.database === live.database ? own : { ...own, 'platform.account': theirs }
        const { 'platform.account': found, ...beside } = await seen(rig, { ...homes[0]!, tenant: live.tenant })
        return [
          ...same('rows beside', homes[0]!.database === live.database ? beside : { ...beside, 'platform.account': found }, wanted),
          ...same('rows of the live one', await seen(rig, live), rows),
        ]
      },
    }
  })
  const back = await made(choose(undoPointsOf(run)), async (point, n): Promise<Victim> => {
    const slug = slugOf(`${prefix}u`, point)
    const { rows, backup, live } = await prepared(slug, n)
    return {
      ...{ point, run, input: { backup, isolation }, cancelAt: `${run}/${BEFORE_THE_END}` },
      check: async () => [
        ...same('homes beside', await besidesOf(rig, slug), []),
        ...same('rows of the live one', await seen(rig, live), rows),
      ],
    }
  })
  return [...forward, ...back]
}

interface Beside extends Record<string, unknown> {
  readonly kind: string
  readonly state: string
  readonly isolation: string
  readonly backup_id: string | null
  readonly database: string
  readonly schema: string
}

const besidesOf = (rig: Rig, slug: string): Promise<readonly Beside[]> =>
  rig.eyes.see<Beside>(
    rig.subject.catalog,
    `select b.kind, b.state, h.isolation, b.backup_id, d.name as database, h.schema_name as schema
     from catalog.beside b join catalog.home h on h.id = b.home_id join catalog.database d on d.id = h.database_id
     join catalog.tenant t on t.id = b.tenant_id where t.slug = $1`,
    [slug],
  )

export interface Merging {
  readonly victims: readonly Victim[]
  /** Between the kills and the workers clients delete and change what has come back by then, and somebody cancels one of the merges: too late. */
  readonly between: () => Promise<void>
}

/** `tenant merge`: three rows that were deleted come back, and one that was changed; once, whoever does it to the end. */
export async function merges(rig: Rig, choose = all): Promise<Merging> {
  const run = 'tenant.merge'
  const noteIds = async (slug: string): Promise<readonly { body: string; size: number }[]> => {
    const { tenant, database, schema } = await where(rig, slug)
    return rig.eyes.see<{ body: string; size: number }>(
      database,
      `select left(body, 2) as body, size from "${schema}".note where tenant_id = $1 order by id`,
      [tenant],
    )
  }
  const change = async (slug: string, statement: string): Promise<void> => {
    const { tenant, database, schema } = await where(rig, slug)
    await rig.eyes.see(database, statement.replaceAll('note', `"${schema}".note`), [tenant])
  }
  const points = choose(pointsOf(run))
  const merged = (point: string): boolean => /merge:(acted|after)$/.test(point)
  const cancelled = new Set(points.filter((point) => point.endsWith('/merge:acted')))
  const victims = await made(points, async (point, n): Promise<Victim> => {
    const slug = slugOf('mg', point)
    await filled(rig, slug, n % 2 === 0 ? 'schema' : 'shared')
    // In a shared home the numbers are everybody's.
    await change(
      slug,
      'update note n set size = 7 * r from (select id, row_number() over (order by id) as r from note where tenant_id = $1) o where n.tenant_id = $1 and n.id = o.id',
    )
    const { backup } = await rig.fleet.run<{ backup: { id: string } }>('backup.create', { tenant: slug })
    await rig.fleet.run('backup.restore', { backup: backup.id, isolation: 'schema' })
    await change(slug, 'delete from note where tenant_id = $1 and size in (7, 14)')
    await change(slug, "update note set body = 'live' where tenant_id = $1 and size = 21")
    const input = { tenant: slug, table: 'note', conflicts: 'take' }
    return {
      ...{ point, run, input },
      check: async () => {
        const { id } = await operationOf(rig, run, input)
        const [told] = await rig.eyes.see<{ result: { inserted: number; updated: number; conflicts: unknown[] } }>(
          rig.subject.catalog,
          'select result from catalog.operation where id = $1',
          [id],
        )
        const back = slug.slice(0, 2)
        // What was there before the workers came is not written once more.
        const wanted = merged(point)
          ? [
              { body: back, size: 14 },
              { body: 'af', size: 21 },
            ]
          : [
              { body: back, size: 7 },
              { body: back, size: 14 },
              { body: back, size: 21 },
            ]
        return [
          ...same('its notes', await noteIds(slug), wanted),
          ...same('what was told', [told?.result.inserted, told?.result.updated, told?.result.conflicts.length], [2, 1, 0]),
        ]
      },
    }
  })
  return {
    victims,
    between: async () => {
      for (const point of points.filter(merged)) {
        await change(slugOf('mg', point), 'delete from note where tenant_id = $1 and size = 7')
        await change(slugOf('mg', point), "update note set body = 'afterwards' where tenant_id = $1 and size = 21")
      }
      for (const point of cancelled) {
        const { id } = await operationOf(rig, run, { tenant: slugOf('mg', point) })
        await rig.fleet.run('operation.cancel', { operation: id })
        cancelled.delete(point)
      }
    },
  }
}
