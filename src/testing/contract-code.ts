import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { systemClock } from '../kernel/clock.js'
import { ident, sql } from '../kernel/sql.js'
import type { ContractCase } from './contract-case.js'
import { addMigration } from './project-files.js'

/** What a migration makes, and what it runs. */
export const CODE_CONTRACT: readonly ContractCase[] = [
  {
    name: 'no function, view or materialised view of a migration shows another tenant',
    async run({ fleet, one, two }) {
      for (const slug of [one, two]) await fleet.app.tenant(slug).query(sql`insert into note (body) values ('counted')`)
      const witness = await fleet.witness(one)
      const mine = await fleet.tenant(one)
      // As its owner, who sees every row: that is what makes a materialised view dangerous.
      await witness.run(sql`refresh materialized view ${ident(mine.schema, 'note_total')}`)
      const tenant = fleet.app.tenant(one)
      const [own] = await tenant.query(sql<{ n: string }>`select count(*) as n from note`)
      equal((await tenant.query(sql<{ n: string }>`select note_count() as n`))[0]!.n, own!.n)
      deepEqual(await tenant.query(sql`select distinct tenant_id from note_body`), [{ tenant_id: mine.id }])
      deepEqual(await tenant.query(sql`select tenant_id, notes from note_totals`), [{ tenant_id: mine.id, notes: own!.n }])
      if (mine.isolation !== 'database') await rejects(tenant.query(sql`select * from note_total`), { code: '42501' })
    },
  },
  {
    name: 'data steps of a migration touch every row, and an orphan planted beforehand refuses a foreign key',
    async run({ fleet, isolation, one, two }) {
      // The fleet's homes of the other isolations get these files too, so each isolation brings its own.
      const version = 20_270_101_000_000 + 10 * ['shared', 'schema', 'database'].indexOf(isolation)
      const mark = version % 1_000
      for (const slug of [one, two]) {
        await fleet.app.tenant(slug).transaction(async (scope) => {
          for (let i = 0; i < 5; i++) await scope.run(sql`insert into note (body) values ('step')`)
        })
      }
      await addMigration(
        fleet,
        `tenant/${version}_sizes.sql`,
        `-- migrate:up
update note set size = length(body) + 1000 + ${mark};
create table thing_${mark} (tenant_id uuid not null default tenantry.tenant(), id int, kind text, primary key (tenant_id, id));
`,
      )
      await fleet.run('migrate.up')
      for (const slug of [one, two]) {
        const { schema } = await fleet.tenant(slug)
        const counts = await (await fleet.witness(slug)).one(sql<{ all: number; touched: number }>`
          select count(*)::int as all, count(*) filter (where size = length(body) + 1000 + ${mark})::int as touched from ${ident(schema, 'note')}`)
        ok(counts.all >= 5)
        equal(counts.touched, counts.all)
      }
      const { schema, id } = await fleet.tenant(two)
      const witness = await fleet.witness(two)
      await witness.run(sql`insert into ${ident(schema, `thing_${mark}`)} values (${id}, 1, 'orphan')`)
      await addMigration(
        fleet,
        `tenant/${version + 1}_kinds.sql`,
        `-- migrate:up
create table kind_${mark} (tenant_id uuid not null default tenantry.tenant(), name text, primary key (tenant_id, name));
alter table thing_${mark} add constraint thing_kind_${mark} foreign key (tenant_id, kind) references kind_${mark} (tenant_id, name);
`,
      )
      await rejects(fleet.run('migrate.up'), { code: 'FLEET_PARTIAL' })
      equal(
        (
          await witness.rows(
            sql`select 1 from pg_catalog.pg_class where relname = ${`kind_${mark}`} and relnamespace = ${schema}::text::regnamespace`,
          )
        ).length,
        0,
      )
      await witness.run(sql`delete from ${ident(schema, `thing_${mark}`)}`)
      await fleet.run('migrate.up')
    },
  },
  {
    name: 'a statement prepared before a migration answers with the new columns after it, and when it waited for it',
    async run({ fleet, isolation, one }) {
      const version = 20_270_101_000_005 + 10 * ['shared', 'schema', 'database'].indexOf(isolation)
      const [before, during, after] = [`before_${version % 100}`, `during_${version % 100}`, `after_${version % 100}`] as const
      const tenant = fleet.app.tenant(one)
      const all = async (): Promise<readonly string[]> => Object.keys((await tenant.query(sql<object>`select * from measure limit 1`))[0]!)
      await tenant.query(sql`insert into measure (value) values (1)`)
      for (let i = 0; i < 3; i++) await all()
      await addMigration(fleet, `tenant/${version}_more.sql`, `-- migrate:up\nalter table measure add ${before} int;\n`)
      await fleet.run('migrate.up')
      // As a later statement of its scope it could not be tried again.
      await tenant.transaction(async (scope) => {
        await scope.rows(sql`select 1`)
        ok(Object.keys(await scope.one(sql<object>`select * from measure limit 1`)).includes(before))
      })
      ok((await all()).includes(before))
      const { schema } = await fleet.tenant(one)
      const witness = await fleet.witness(one)
      let waiting: Promise<readonly string[]> = Promise.resolve([])
      await witness.transaction(async (ddl) => {
        await ddl.run(sql`alter table ${ident(schema, 'measure')} add ${ident(during)} int`)
        waiting = all()
        while (
          (
            await ddl.rows(
              sql`select 1 from pg_catalog.pg_locks where relation = ${ident(schema, 'measure').text}::regclass and not granted`,
            )
          ).length === 0
        ) {
          await systemClock.sleep(10)
        }
        await ddl.run(sql`alter table ${ident(schema, 'measure')} rename ${ident(during)} to ${ident(after)}`)
      })
      ok((await waiting).includes(after))
      await witness.run(sql`alter table ${ident(schema, 'measure')} drop ${ident(after)}`)
      ok(!(await all()).includes(after))
    },
  },
]
