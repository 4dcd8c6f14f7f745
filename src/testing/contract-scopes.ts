import { deepEqual, ok, rejects } from 'node:assert/strict'
import type { Scope } from '../client/scope.js'
import { newId } from '../kernel/clock.js'
import { sql } from '../kernel/sql.js'
import type { ContractCase } from './contract-case.js'

/** What holds for a scope, and for no longer than it. */
export const SCOPES_CONTRACT: readonly ContractCase[] = [
  {
    name: 'actor, request, timeout and isolation level hold for the scope and for nothing after it',
    async run({ fleet, one, two }) {
      const facts = sql<{ actor: string | null; request: string | null; timeout: string; level: string }>`
        select tenantry.actor() as actor, tenantry.request() as request,
               current_setting('statement_timeout') as timeout, current_setting('transaction_isolation') as level`
      const options = { actor: 'ann', request: 'r-1', timeoutMs: 12_345, isolation: 'serializable' as const }
      deepEqual(await fleet.app.tenant(one).query(facts, options), [
        { actor: 'ann', request: 'r-1', timeout: '12345ms', level: 'serializable' },
      ])
      const [after] = await fleet.app.tenant(two).query(facts)
      deepEqual({ ...after, timeout: '' }, { actor: null, request: null, timeout: '', level: 'read committed' })
      ok(after!.timeout !== '12345ms')
      await rejects(fleet.app.tenant(one).query(sql`select count(*) from generate_series(1, 100000000)`, { timeoutMs: 50 }), {
        code: '57014',
      })
    },
  },
  {
    name: 'a nested transaction that fails takes only its own part with it, and while it is open only its own handle speaks',
    async run({ fleet, one }) {
      const mark = newId()
      const note = (part: string) => sql`insert into note (body) values (${`${mark} ${part}`})`
      await fleet.app.tenant(one).transaction(async (scope) => {
        await scope.run(note('outer'))
        await rejects(
          scope.transaction(async (inner) => {
            await inner.run(sql`select 1 / 0`).catch(() => {})
          }),
          { code: 'SCOPE_ABORTED' },
        )
        await rejects(
          scope.transaction(async (inner) => {
            await inner.run(note('lost'))
            await inner.transaction((innermost) => innermost.run(note('lost with it')))
            await inner.run(sql`select 1 / 0`)
          }),
          { code: '22012' },
        )
        let kept: Scope | undefined
        await scope.transaction(async (inner) => {
          kept = inner
          await inner.run(note('inner'))
          await rejects(scope.run(note('past it')), { code: 'SCOPE_NESTED' })
          await rejects(
            scope.transaction(async () => {}),
            { code: 'SCOPE_NESTED' },
          )
        })
        await rejects(kept!.run(note('too late')), { code: 'SCOPE_CLOSED' })
        await scope.run(note('after'))
      })
      const bodies = await fleet.app
        .tenant(one)
        .query(sql<{ body: string }>`select body from note where starts_with(body, ${mark}) order by id`)
      deepEqual(
        bodies.map(({ body }) => body.slice(mark.length + 1)),
        ['outer', 'inner', 'after'],
      )
    },
  },
  {
    name: 'a nested transaction that nobody waits for takes the whole with it',
    async run({ fleet, one }) {
      const mark = newId()
      let late: Promise<unknown> | undefined
      const whole = fleet.app.tenant(one).transaction(async (scope) => {
        await scope.run(sql`insert into note (body) values (${mark})`)
        late = scope.transaction((inner) => inner.run(sql`insert into note (body) values (${mark})`)).catch((error: unknown) => error)
      })
      await rejects(whole, { code: 'SCOPE_NESTED' })
      ok((await late) instanceof Error)
      deepEqual(await fleet.app.tenant(one).query(sql`select body from note where body = ${mark}`), [])
    },
  },
]
