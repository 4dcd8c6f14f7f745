import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Resolved, resolveTenant } from '../../src/catalog/resolve.js'
import { sql } from '../../src/kernel/sql.js'
import { signToken, TOKEN_S } from '../../src/kernel/token.js'
import type { Session } from '../../src/postgres/session.js'
import { untilBlocked } from '../../src/testing/contract-case.js'
import { type Rig, startRig, until } from '../faults/rig.js'
import { beside, bodiesIn } from './rig.js'

const LEVELS = ['read committed', 'repeatable read', 'serializable'] as const
const BETWEEN = ['schema', 'database'] as const
// What the application is told when it comes too late, or in between.
const REFUSED = ['TENANT_MOVED', 'TENANT_BUSY']

/** Enters as somebody does who has known the place for a while. */
async function enterAt(session: Session, { tenant, version, databaseId, signing }: Resolved, epoch: string): Promise<void> {
  const expires = Math.floor(Date.now() / 1_000) + TOKEN_S
  const { context, signature } = signToken(signing!, { databaseId, tenant, epoch, actor: '', request: '', expires })
  await session.run(sql`
    select set_config('role', tenantry.enter_v2(${context}, ${epoch}, ${version}, ${databaseId}, ${expires}, ${signing!.id}, ${signature}), true)`)
}

describe('while a tenant is pointed to another home', () => {
  let rig: Rig
  const slugOf = (where: string, what: string): string => `${what}-${where}`
  const repoint = (tenant: string, input: object = {}) => rig.fleet.run('tenant.repoint', { tenant, confirm: tenant, ...input })

  beforeAll(async () => {
    const slugs = BETWEEN.flatMap((where) => ['writers', 'trap', 'open'].map((what) => slugOf(where, what)))
    rig = await startRig(Object.fromEntries(slugs.map((slug) => [slug, 'schema'])))
  })
  afterAll(() => rig?.stop())

  test.for(BETWEEN)(
    'every write that is acknowledged is in one home, and after the fence none is in the old one (to a %s)',
    async (where) => {
      const tenant = slugOf(where, 'writers')
      const old = await rig.fleet.tenant(tenant)
      const made = await beside(rig, tenant, { isolation: where })
      const acknowledged: string[] = []
      const faults: unknown[] = []
      let over = false
      const writing = LEVELS.flatMap((level) =>
        [1, 2].map(async (writer) => {
          const app = rig.fleet.client().tenant(tenant)
          for (let n = 0; !over; n++) {
            const body = `${level} ${writer} ${String(n).padStart(5, '0')}`
            try {
              if (writer === 1)
                await app.transaction((scope) => scope.run(sql`insert into note (body) values (${body})`), { isolation: level })
              else await app.query(sql`insert into note (body) values (${body})`)
              acknowledged.push(body)
            } catch (error) {
              if (!REFUSED.includes((error as { code: string }).code)) faults.push(error)
            }
          }
        }),
      )
      const more = async (): Promise<void> => {
        const wanted = acknowledged.length + 60
        await until('more writes', async () => (acknowledged.length >= wanted || faults.length > 0 ? true : undefined))
      }
      // Whoever was acknowledged when this was asked is in there, and who is later must not be.
      const changes: { readonly left: typeof old | typeof made; readonly bodies: readonly string[] }[] = []
      const go = async (name: 'repoint' | 'pointback', left: typeof old | typeof made): Promise<void> => {
        await more()
        if (name === 'repoint') await repoint(tenant)
        else await rig.fleet.run('tenant.pointback', { tenant })
        changes.push({ left, bodies: await bodiesIn(rig, old.id, left) })
        await more()
        expect(await bodiesIn(rig, old.id, left)).toEqual(changes.at(-1)!.bodies)
      }
      try {
        await go('repoint', old)
        await go('pointback', made)
        await go('pointback', old)
      } finally {
        over = true
        await Promise.all(writing)
      }
      expect(faults).toEqual([])
      const [inOld, inMade] = [await bodiesIn(rig, old.id, old), await bodiesIn(rig, old.id, made)]
      expect([...inOld, ...inMade].sort()).toEqual([...acknowledged].sort())
      for (const { bodies } of changes) expect(bodies.length).toBeGreaterThan(50)
    },
  )

  test.for(BETWEEN)(
    'who comes by a bare connection, with a look from before the fence, is refused at every level (to a %s)',
    async (where) => {
      const tenant = slugOf(where, 'trap')
      const before = await rig.fleet.tenant(tenant)
      const { id } = before
      const place = (await rig.fleet.platform.catalog.one(resolveTenant(tenant))).found as Resolved
      const bare = await rig.fleet.bare(tenant)
      await beside(rig, tenant, { isolation: where })
      const late = LEVELS.map((level) => {
        let look: () => void = () => {}
        let goOn: () => void = () => {}
        const looked = new Promise<void>((resolve) => {
          look = resolve
        })
        const fenced = new Promise<void>((resolve) => {
          goOn = resolve
        })
        const ended = bare
          .transaction(
            async (session) => {
              await session.run(sql`select 1 from pg_catalog.pg_class limit 1`)
              look()
              await fenced
              await enterAt(session, place, place.epoch)
              await session.run(sql`insert into note (body) values ('late')`)
            },
            { isolation: level },
          )
          .then(
            () => 'wrote',
            (error: { code: string }) => error.code,
          )
        return { looked, goOn, ended }
      })
      await Promise.all(late.map(({ looked }) => looked))
      await repoint(tenant)
      for (const { goOn } of late) goOn()
      const ends = await Promise.all(late.map(({ ended }) => ended))
      expect(ends).toEqual([where === 'schema' ? 'TN002' : 'TN007', '40001', '40001'])
      if (where === 'database') {
        // Even for one who guesses the epoch, there is no way into the home that it has left.
        const guessed = bare.transaction((session) => enterAt(session, place, String(before.epoch + 1)))
        await expect(guessed).rejects.toMatchObject({ code: 'TN007' })
      }
      expect(await bodiesIn(rig, id, before)).toEqual([])
    },
  )

  test.for(BETWEEN)('it waits for whoever is in a scope, whose write is kept in the old home (to a %s)', async (where) => {
    const tenant = slugOf(where, 'open')
    const old = await rig.fleet.tenant(tenant)
    const witness = await rig.fleet.witness(tenant)
    const made = await beside(rig, tenant, { isolation: where })
    let moved: Promise<unknown> = Promise.resolve()
    await rig.fleet.app.tenant(tenant).transaction(async (scope) => {
      await scope.run(sql`insert into note (body) values ('in time')`)
      moved = repoint(tenant)
      await untilBlocked(witness, old.id)
      await scope.run(sql`insert into note (body) values ('in time as well')`)
    })
    await moved
    expect(await bodiesIn(rig, old.id, old)).toEqual(['in time', 'in time as well'])
    expect(await bodiesIn(rig, old.id, made)).toEqual([])
    expect(await rig.fleet.app.tenant(tenant).query(sql`select body from note`)).toEqual([])
  })
})
