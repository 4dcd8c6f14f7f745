import { equal, rejects } from 'node:assert/strict'
import { underFence } from '../isolation/fence.js'
import { newId } from '../kernel/clock.js'
import { literal, sql } from '../kernel/sql.js'
import { type ContractCase, enter, untilBlocked } from './contract-case.js'

/** Changes of a placement, seen by scopes that are open or waiting. */
export const FENCE_CONTRACT: readonly ContractCase[] = [
  {
    name: 'a scope that waited while the epoch changed is refused at every isolation level',
    async run({ fleet, one }) {
      const tenant = await fleet.tenant(one)
      const witness = await fleet.witness(one)
      for (const level of ['read committed', 'repeatable read', 'serializable'] as const) {
        const bare = await fleet.bare(one)
        const { epoch } = await witness.one(
          sql<{ epoch: string }>`select epoch::text as epoch from tenantry.placement where tenant_id = ${tenant.id}`,
        )
        let waiting: Promise<unknown> = Promise.resolve()
        await witness.transaction(async (fence) => {
          await fence.run(sql`select pg_advisory_xact_lock(uuid_hash_extended(${tenant.id}::uuid, 7426))`)
          waiting = bare
            .transaction((session) => enter(session, fleet, one, epoch), { isolation: level })
            .then(
              () => 'entered',
              (error: { code: string }) => error.code,
            )
          await untilBlocked(fence, tenant.id)
          await fence.run(sql`update tenantry.placement set epoch = epoch + 1 where tenant_id = ${tenant.id}`)
        })
        equal(await waiting, level === 'read committed' ? 'TN002' : '40001', level)
        await witness.run(sql`update tenantry.placement set epoch = epoch - 1 where tenant_id = ${tenant.id}`)
      }
    },
  },
  {
    name: 'a placement that is changed by hand is noticed by the next scope, and is changed by nobody while a scope is open',
    async run({ fleet, one, two, oneConnection }) {
      if (oneConnection === true) return
      const [mine, witness] = [await fleet.tenant(one), await fleet.witness(one)]
      const turn = (state: string) => sql`update tenantry.placement set state = ${state} where tenant_id = ${mine.id}`
      await fleet.app.tenant(one).query(sql`select 1`)
      await fleet.app.tenant(two).query(sql`select 1`)
      await witness.run(turn('suspended'))
      await rejects(fleet.app.tenant(one).query(sql`select 1`), { code: 'TENANT_SUSPENDED' })
      await fleet.app.tenant(two).query(sql`select 1`)
      await witness.run(turn('active'))
      await fleet.app.tenant(one).transaction(async (scope) => {
        await scope.rows(sql`select 1`)
        const refused = witness.transaction(async (session) => {
          await session.run(sql`set local lock_timeout = '100ms'`)
          await session.run(turn('suspended'))
        })
        await rejects(refused, { code: '55P03' })
      })
    },
  },
  {
    name: 'the fence waits for open scopes, and gives up within its bound when they do not end',
    async run({ fleet, one, oneConnection }) {
      const tenant = await fleet.tenant(one)
      const { database } = await fleet.platform.tenantDatabase(tenant.databaseId)
      const by = { operation: newId(), token: 1 }
      const change = async (): Promise<void> => {}
      await fleet.app.tenant(one).transaction(async (scope) => {
        await scope.run(sql`insert into note (body) values ('open')`)
        await rejects(underFence(database, tenant.id, by, change, { withinMs: 100 }), { code: 'TENANT_BUSY' })
        // And whoever was turned away has left no queue behind that would keep others out.
        // (Another client, since within this one it would be a part of the open scope.)
        if (oneConnection !== true) await fleet.client().tenant(one).query(sql`select 1 from note limit 1`, { readOnly: true })
      })
    },
  },
  {
    name: 'suspended, read-only and resumed: each is told apart, by the database itself',
    async run({ fleet, one, two }) {
      const tenant = fleet.app.tenant(one)
      await tenant.query(sql`select 1`)
      await fleet.run('tenant.suspend', { tenant: one, reason: 'unpaid' })
      await rejects(tenant.query(sql`select 1`), { code: 'TENANT_SUSPENDED' })
      await rejects(fleet.client().tenant(one).query(sql`select 1`), { code: 'TENANT_SUSPENDED' })
      await fleet.app.tenant(two).query(sql`select 1`)
      await fleet.run('tenant.suspend', { tenant: one, reason: 'read', allowReads: true })
      await rejects(tenant.query(sql`select 1`), { code: 'TENANT_READ_ONLY' })
      await tenant.query(sql`select 1`, { readOnly: true })
      await rejects(tenant.query(sql`insert into note (body) values ('no')`, { readOnly: true }), { code: '25006' })
      await fleet.run('tenant.resume', { tenant: one })
      await tenant.query(sql`insert into note (body) values ('yes')`)
    },
  },
  {
    name: 'an unknown tenant, a moved one and another database are distinct faults',
    async run({ fleet, one }) {
      await rejects(fleet.app.tenant('nobody-here').query(sql`select 1`), { code: 'TENANT_NOT_FOUND' })
      const tenant = await fleet.tenant(one)
      const witness = await fleet.witness(one)
      await witness.run(sql`update tenantry.placement set state = 'moved' where tenant_id = ${tenant.id}`)
      await rejects(fleet.client().tenant(one).query(sql`select 1`), { code: 'TENANT_MOVED' })
      await witness.run(sql`update tenantry.placement set state = 'active' where tenant_id = ${tenant.id}`)
      const database = (id: string) =>
        witness.run(sql`create or replace function tenantry.database_id() returns uuid language sql immutable return ${literal(id)}::uuid`)
      await database(newId())
      await rejects(fleet.client().tenant(one).query(sql`select 1`), { code: 'WRONG_DATABASE' })
      await database(tenant.databaseId)
      await fleet.app.tenant(one).query(sql`select 1`)
    },
  },
]
