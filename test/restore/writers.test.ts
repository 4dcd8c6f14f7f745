import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fault } from '../../src/kernel/faults.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { repointTenant } from '../../src/operations/tenant/repoint.js'
import type { Made } from '../beside/rig.js'
import { type Rig, startRig, until } from '../faults/rig.js'
import { where } from './rig.js'

const CLIENTS = 10
const WRITERS = 50
const NOTES = 20
// What the application is told when it comes too late, or in between.
const REFUSED = ['TENANT_MOVED', 'TENANT_BUSY']

/** One transaction that was acknowledged: it moves one from a note to another, takes an author away now and then, and says so in a measure, whose key is the next number. */
interface Written {
  readonly kind: string
  readonly from: number
  readonly to: number
  readonly author: number | undefined
}

/** What a home has of the tenant, by a superuser. */
interface Content {
  readonly kinds: ReadonlySet<string>
  readonly sizes: readonly number[]
  readonly authors: ReadonlySet<number>
}

interface Compared {
  readonly data: readonly { readonly table: string; readonly onlyLive: number; readonly onlyBeside: number; readonly changed: number }[]
}

interface Difference {
  readonly data: readonly { readonly change: string; readonly beside: Readonly<Record<string, string>> | null }[]
  readonly nextCursor: string | null
}

// Into the same database, and into another one: the fence is of one transaction, or of two.
describe.each(['schema', 'database'] as const)('while 50 clients write, a tenant is pointed to its restored home (%s)', (isolation) => {
  let rig: Rig
  const tenant = 'busy'
  const written: Written[] = []
  const faults: unknown[] = []
  let begun = 0
  let [inOld, inRestored]: (Content | undefined)[] = []
  let preview: readonly string[]
  let [beforePreview, afterPreview, beforeRepoint] = [0, 0, 0]
  let oldAtOnce: Content
  let compared: Compared
  let restored: Made & { rows: number }
  let old: { readonly tenant: string; readonly database: string; readonly schema: string }
  let newest: Content

  const contentOf = async ({ database, schema }: { database: string; schema: string }): Promise<Content> => {
    const s = ident(schema).text
    const list = async (text: string) => (await rig.eyes.see<{ one: string }>(database, text, [old.tenant])).map(({ one }) => one)
    const [kinds, sizes, authors] = await Promise.all([
      list(`select convert_from(raw, 'UTF8') as one from ${s}.measure where tenant_id = $1`),
      list(`select size::text as one from ${s}.note where tenant_id = $1 order by id`),
      list(`select id::text as one from ${s}.author where tenant_id = $1`),
    ])
    return { kinds: new Set(kinds), sizes: sizes.map(Number), authors: new Set(authors.map(Number)) }
  }
  /** What there should be after these, by what clients were told. */
  const wanted = (those: readonly Written[]): { sizes: readonly number[]; authors: ReadonlySet<number> } => {
    const sizes = Array.from({ length: NOTES }, () => 100)
    const authors = new Set(Array.from({ length: 5_000 }, (_, n) => n + 1))
    for (const { from, to, author } of those) {
      sizes[from - 1]!--
      sizes[to - 1]!++
      if (author !== undefined) authors.delete(author)
    }
    return { sizes, authors }
  }

  beforeAll(async () => {
    rig = await startRig({ [tenant]: 'schema' })
    old = await where(rig, tenant)
    const s = ident(old.schema).text
    for (const text of [
      `insert into ${s}.author (tenant_id, name) select $1, 'a' || n from generate_series(1, 5000) n`,
      `insert into ${s}.note (tenant_id, body, size) select $1, 'n' || n, 100 from generate_series(1, ${NOTES}) n`,
    ])
      await rig.eyes.see(old.database, text, [old.tenant])

    let over = false
    let authors = 0
    const clients = Array.from({ length: CLIENTS }, () => rig.fleet.client({ maxConnections: WRITERS / CLIENTS }))
    const writing = Array.from({ length: WRITERS }, async (_, writer) => {
      const app = clients[writer % CLIENTS]!.tenant(tenant)
      for (let n = 0; !over; n++) {
        const [a, b] = [1 + ((writer + n) % NOTES), 1 + ((writer * 7 + n * 3 + 1) % NOTES)]
        if (a === b) continue
        // In one order, or they would wait for each other.
        const [first, second] = a < b ? [a, b] : [b, a]
        const one: Written = { kind: `w${writer}-${n}`, from: first, to: second, author: n % 5 === 0 ? ++authors : undefined }
        // Otherwise they would take the machine from the restore, and no more of them would be in a scope at the fence.
        await new Promise((resolve) => setTimeout(resolve, 50))
        begun++
        try {
          await app.transaction(async (tx) => {
            await tx.run(sql`insert into measure (raw) values (convert_to(${one.kind}, 'UTF8'))`)
            if (one.author !== undefined) await tx.run(sql`delete from author where id = ${one.author}`)
            await tx.run(sql`update note set size = size - 1 where id = ${first}`)
            await tx.run(sql`update note set size = size + 1 where id = ${second}`)
          })
          written.push(one)
        } catch (error) {
          if (!REFUSED.includes((error as { code: string }).code)) faults.push(error)
        }
      }
    })
    const more = async (): Promise<void> => {
      const enough = written.length + 150
      await until('more writes', async () => (written.length >= enough || faults.length > 0 ? true : undefined))
    }
    try {
      await more()
      const { backup } = await rig.fleet.run<{ backup: { id: string } }>('backup.create', { tenant })
      await more()
      restored = await rig.fleet.run('backup.restore', { backup: backup.id, isolation })
      inRestored = await contentOf(restored)
      await more()
      beforePreview = written.length
      preview = await repointTenant.tells!({ platform: rig.fleet.platform, fail: fault as never }, { tenant })
      afterPreview = begun
      await more()
      beforeRepoint = written.length
      await rig.fleet.run('tenant.repoint', { tenant, confirm: tenant })
      oldAtOnce = await contentOf(old)
      await more()
      compared = await rig.fleet.run<Compared>('tenant.compare', { tenant })
      await more()
    } finally {
      over = true
      await Promise.all(writing)
    }
    ;[inOld, newest] = [await contentOf(old), await contentOf(restored)]
  }, 120_000)
  afterAll(() => rig?.stop())

  const inArchive = (): readonly Written[] => written.filter(({ kind }) => inRestored!.kinds.has(kind))
  const toOld = (): readonly Written[] => written.filter(({ kind }) => inOld!.kinds.has(kind))
  /** Acknowledged between the archive's point and the fence. */
  const between = (): readonly Written[] => toOld().filter(({ kind }) => !inRestored!.kinds.has(kind))
  const toNew = (): readonly Written[] => written.filter(({ kind }) => !inOld!.kinds.has(kind))
  const deletions = (those: readonly Written[]): number => those.filter(({ author }) => author !== undefined).length

  test('the archive is of one moment: the sum is in it, and what was acknowledged by then is in it wholly', () => {
    expect(faults).toEqual([])
    expect(inRestored!.sizes.reduce((sum, size) => sum + size, 0)).toBe(NOTES * 100)
    const { sizes, authors } = wanted(inArchive())
    expect(inRestored!.sizes).toEqual(sizes)
    expect([...inRestored!.authors].length).toBe(authors.size)
    expect(inArchive().length).toBe(inRestored!.kinds.size)
    expect(inArchive().length).toBeGreaterThanOrEqual(150)
  })

  test('every acknowledged write is in one of the two homes, and none went to the old one after the fence', () => {
    expect(inOld).toEqual(oldAtOnce)
    const missing = written.slice(0, beforeRepoint).filter(({ kind }) => !inOld!.kinds.has(kind))
    expect(missing).toEqual([])
    expect(toNew().filter(({ kind }) => !newest.kinds.has(kind))).toEqual([])
    expect(inOld!.sizes).toEqual(wanted(toOld()).sizes)
    expect(newest.sizes).toEqual(wanted([...inArchive(), ...toNew()]).sizes)
    expect(inOld!.kinds.size).toBe(toOld().length)
    expect(between().length).toBeGreaterThanOrEqual(300)
    expect(toNew().length).toBeGreaterThanOrEqual(300)
  })

  test('before it is confirmed, it is shown table by table what would be left behind', () => {
    const line = preview.find((one) => one.startsWith('  measure: '))!
    const counted = Number(/(\d+) rows left behind/.exec(line)![1])
    expect(counted).toBeGreaterThanOrEqual(beforePreview - inArchive().length)
    expect(counted).toBeLessThanOrEqual(afterPreview - inArchive().length)
  })

  test('afterwards it is counted exactly, while clients go on in the new home', () => {
    const of = (table: string) => compared.data.find((one) => one.table === table)
    expect(of('measure')).toMatchObject({ onlyBeside: between().length, changed: 0 })
    expect(of('author')).toMatchObject({ onlyLive: deletions(between()), changed: 0 })
    expect(of('note')).toMatchObject({ onlyBeside: 0, onlyLive: 0 })
  })

  test('what was left behind is exported whole, row by row, and comes back by a merge', async () => {
    const kinds: string[] = []
    const deleted: unknown[] = []
    for (const table of ['measure', 'author']) {
      let cursor: string | undefined
      do {
        const page: Difference = await rig.fleet.run('tenant.difference', {
          tenant,
          table,
          limit: 100,
          ...(cursor === undefined ? {} : { cursor }),
        })
        for (const { change, beside } of page.data) {
          if (table === 'measure' && change === 'only-beside') kinds.push(Buffer.from(beside!.raw!.slice(2), 'hex').toString())
          if (table === 'author') deleted.push(change)
        }
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
    }
    expect(kinds.sort()).toEqual(
      between()
        .map(({ kind }) => kind)
        .sort(),
    )
    // Authors who were deleted in the old home alone are only in the new one, and the other way round.
    const both = [deletions(between()), deletions(toNew())]
    expect([deleted.filter((one) => one === 'only-live').length, deleted.filter((one) => one === 'only-beside').length]).toEqual(both)
    const merged = await rig.fleet.run('tenant.merge', { tenant, table: 'measure' })
    expect(merged).toMatchObject({ inserted: between().length, updated: 0, conflicts: [] })
    expect((await contentOf(restored)).kinds).toEqual(new Set(written.map(({ kind }) => kind)))
  })
})
