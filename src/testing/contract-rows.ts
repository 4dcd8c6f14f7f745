import { equal, rejects } from 'node:assert/strict'
import { newId } from '../kernel/clock.js'
import { ident, sql } from '../kernel/sql.js'
import { type ContractCase, roleOf } from './contract-case.js'

/** Whose rows somebody sees, writes and points at. */
export const ROWS_CONTRACT: readonly ContractCase[] = [
  {
    name: 'a tenant sees its own rows and nobody else does',
    async run({ fleet, one, two }) {
      const body = `private ${newId()}`
      await fleet.app.tenant(one).query(sql`insert into note (body) values (${body})`)
      equal((await fleet.app.tenant(one).query(sql`select 1 from note where body = ${body}`)).length, 1)
      equal((await fleet.app.tenant(two).query(sql`select 1 from note where body = ${body}`)).length, 0)
      const { id } = await fleet.tenant(one)
      const { schema } = await fleet.tenant(one)
      const found = await (await fleet.witness(one)).one(
        sql<{ owner: string }>`select tenant_id::text as owner from ${ident(schema, 'note')} where body = ${body}`,
      )
      equal(found.owner, id)
    },
  },
  {
    name: 'without a tenant the login of the application reads nothing and writes nothing',
    async run({ fleet, one }) {
      const { schema } = await fleet.tenant(one)
      await fleet.app.tenant(one).query(sql`select 1`)
      const bare = await fleet.bare(one)
      await rejects(bare.rows(sql`select body from ${ident(schema, 'note')}`), { code: '42501' })
      await rejects(bare.run(sql`insert into ${ident(schema, 'note')} (body) values ('orphan')`), { code: '42501' })
      await rejects(bare.rows(sql`select * from platform.account`), { code: '42501' })
      await rejects(bare.rows(sql`select * from tenantry.placement`), { code: '42501' })
    },
  },
  {
    name: 'a role of a home without a tenant in its transaction is refused, not shown an empty table',
    async run({ fleet, one }) {
      const { schema } = await fleet.tenant(one)
      const bare = await fleet.bare(one)
      await rejects(
        bare.transaction(async (session) => {
          await session.run(sql`set local role ${ident(await roleOf(fleet, one))}`)
          await session.rows(sql`select body from ${ident(schema, 'note')}`)
        }),
        { code: 'TN000' },
      )
    },
  },
  {
    name: "another tenant's rows cannot be read, written, claimed or moved",
    async run({ fleet, isolation, one, two }) {
      const [mine, other] = [await fleet.tenant(one), await fleet.tenant(two)]
      const tenant = fleet.app.tenant(one)
      await fleet.app.tenant(two).query(sql`insert into note (body) values ('of two')`)
      if (isolation === 'shared') {
        equal((await tenant.query(sql`select 1 from note where tenant_id = ${other.id}`)).length, 0)
        await rejects(tenant.query(sql`insert into note (tenant_id, body) values (${other.id}, 'forged')`), { code: '42501' })
        await tenant.query(sql`insert into note (body) values ('mine')`)
        await rejects(tenant.query(sql`update note set tenant_id = ${other.id} where body = 'mine'`), { code: '42501' })
        equal((await tenant.query(sql`delete from note where tenant_id = ${other.id} returning 1`)).length, 0)
        equal(
          (await tenant.query(sql`select 1 from event_rest where false or true`).catch((error: { code: string }) => [error.code]))[0],
          '42501',
        )
      } else {
        // In another database the schema does not even exist.
        const code = mine.database === other.database ? '42501' : '42P01'
        await rejects(tenant.query(sql`select body from ${ident(other.schema, 'note')}`), { code })
        await rejects(tenant.query(sql`delete from ${ident(other.schema, 'note')}`), { code })
      }
    },
  },
  {
    name: 'keys of one tenant neither collide with nor point at those of another',
    async run({ fleet, one, two }) {
      const name = `author ${newId()}`
      const author = sql<{ id: string }>`insert into author (name) values (${name}) returning id`
      const [first] = await fleet.app.tenant(one).query(author)
      await fleet.app.tenant(two).query(author)
      const foreign = sql`insert into note (author_id, body) values (${Number(first!.id) + 1_000_000}, 'nobody')`
      await rejects(fleet.app.tenant(two).query(foreign), { code: '23503' })
    },
  },
  {
    name: 'platform tables: reference rows are read-only, owned rows have one owner, hidden columns are readable by nobody',
    async run({ fleet, one, two }) {
      const tenant = fleet.app.tenant(one)
      equal((await tenant.query(sql`select code from platform.plan`)).length, 2)
      await rejects(tenant.query(sql`update platform.plan set price = 0`), { code: '42501' })
      const email = `${newId()}@example.org`
      await tenant.query(sql`insert into platform.account (email) values (${email})`)
      await tenant.query(sql`select platform.set_password(${email}, 'secret word')`)
      await rejects(tenant.query(sql`select password_hash from platform.account`), { code: '42501' })
      await rejects(tenant.query(sql`select * from platform.account`), { code: '42501' })
      equal((await tenant.query(sql<{ ok: boolean }>`select platform.verify(${email}, 'secret word') as ok`))[0]!.ok, true)
      equal((await fleet.app.tenant(two).query(sql<{ ok: boolean }>`select platform.verify(${email}, 'secret word') as ok`))[0]!.ok, false)
      equal((await fleet.app.tenant(two).query(sql`select email from platform.account where email = ${email}`)).length, 0)
    },
  },
]
