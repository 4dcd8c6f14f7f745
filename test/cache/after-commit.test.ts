import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Scope, TenantHandle } from '../../src/index.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { openEyes } from '../faults/eyes.js'
import { openFaultProxy } from '../support/fault-proxy.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const MIGRATIONS = {
  'tenant/20260101000000_notes.sql': `-- migrate:up
create table note (
  tenant_id uuid not null default tenantry.tenant(),
  body text not null,
  primary key (tenant_id, body) deferrable initially deferred
);
-- migrate:down
drop table note;
`,
}

const told: { level: string; facts: unknown }[] = []
const log = {
  info: () => {},
  warn: () => {},
  error: (facts: unknown) => void told.push({ level: 'error', facts }),
}

let fleet: Fleet
let acme: TenantHandle
beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { acme: 'shared' }, client: { log } })
  acme = fleet.app.tenant('acme')
})
afterAll(() => fleet?.stop())

const write = (scope: Scope, body: string) => scope.run(sql`insert into note (body) values (${body})`)
const found = async (body: string) => (await acme.query(sql`select from note where body = ${body}`)).length

describe('afterCommit', () => {
  test('runs when the commit can be seen by others, before the caller is answered, and is told who the tenant is', async () => {
    const seen: unknown[] = []
    await acme.transaction(async (scope) => {
      scope.afterCommit(async (tenant) => void seen.push(tenant, await found('one'), fleet.app.connections().idle > 0))
      await write(scope, 'one')
      expect(seen).toEqual([])
    })
    expect(seen).toEqual([await acme.identity(), 1, true])
    expect(seen[0]).toMatchObject({ id: (await fleet.tenant('acme')).id, slug: 'acme', epoch: expect.stringMatching(/^\d+$/) })
  })

  test('is not run on rollback, on a commit that is refused, nor for a part that was rolled back', async () => {
    const ran: string[] = []
    const hook = (scope: Scope, name: string) => scope.afterCommit(() => void ran.push(name), { orUnknown: true })
    const thrown = acme.transaction(async (scope) => {
      hook(scope, 'thrown')
      await write(scope, 'two')
      throw new Error('no')
    })
    await expect(thrown).rejects.toThrow('no')
    const refused = acme.transaction(async (scope) => {
      hook(scope, 'refused')
      await write(scope, 'one')
    })
    await expect(refused).rejects.toMatchObject({ code: '23505' })
    const swallowed = acme.transaction(async (scope) => {
      hook(scope, 'swallowed')
      await scope.rows(sql`select 1 / 0`).catch(() => {})
    })
    await expect(swallowed).rejects.toMatchObject({ code: 'SCOPE_ABORTED' })
    expect(ran).toEqual([])

    await acme.transaction(async (scope) => {
      hook(scope, 'outer')
      await scope
        .transaction(async (part) => {
          hook(part, 'undone part')
          await part.transaction(async (inner) => hook(inner, 'part of it that was released'))
          throw new Error('no')
        })
        .catch(() => {})
      await scope.transaction(async (part) => hook(part, 'part'))
    })
    expect(ran).toEqual(['outer', 'part'])

    // A scope that joins the one that is open is a part of it.
    ran.length = 0
    await acme.transaction(async () => {
      await acme.transaction(async (joined) => hook(joined, 'joined'))
      await acme.transaction(async (joined) => Promise.reject(hook(joined, 'joined and undone'))).catch(() => {})
      expect(ran).toEqual([])
    })
    expect(ran).toEqual(['joined'])
  })

  test('what it throws is logged, the next one runs, and the scope is committed', async () => {
    const ran: string[] = []
    await acme.transaction(async (scope) => {
      scope.afterCommit(() => Promise.reject(new Error('the cache is down')))
      scope.afterCommit(() => void ran.push('next'))
      await write(scope, 'three')
    })
    expect(ran).toEqual(['next'])
    expect(await found('three')).toBe(1)
    expect(told).toEqual([{ level: 'error', facts: { reason: 'the cache is down' } }])
  })

  test('when the answer to COMMIT is lost, only what may be done once too often is done', async () => {
    const proxy = await openFaultProxy(testServer())
    const eyes = openEyes(urlOf(testServer()))
    const app = fleet.client()
    try {
      await eyes.see(fleet.platform.config.catalog.database, 'update catalog.cluster set app_host = $1, app_port = $2', [
        proxy.host,
        proxy.port,
      ])
      const ran: string[] = []
      proxy.watch({ at: ({ from, type, text }) => from === 'server' && type === 'C' && text === 'COMMIT', do: 'kill', moment: 'before' })
      const lost = app.tenant('acme').transaction(async (scope) => {
        scope.afterCommit(() => void ran.push('only if committed'))
        scope.afterCommit(() => void ran.push('to be safe'), { orUnknown: true })
        await write(scope, 'four')
      })
      await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
      expect(ran).toEqual(['to be safe'])
      expect(await found('four')).toBe(1)
    } finally {
      await eyes.close()
      await proxy.close()
    }
  })

  test('a scope that is over takes none', async () => {
    let kept: Scope | undefined
    await acme.transaction(async (scope) => {
      kept = scope
    })
    expect(() => kept!.afterCommit(() => {})).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }))
  })
})
