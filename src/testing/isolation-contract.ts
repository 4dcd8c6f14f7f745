import { deepEqual, equal, fail, match, ok, rejects } from 'node:assert/strict'
import type { Isolation } from '../catalog/homes.js'
import { type Resolved, resolveTenant } from '../catalog/resolve.js'
import type { Scope } from '../client/scope.js'
import { underFence } from '../isolation/fence.js'
import { newId, systemClock } from '../kernel/clock.js'
import { ident, literal, sql } from '../kernel/sql.js'
import { signToken, TOKEN_S } from '../kernel/token.js'
import type { Database, Session } from '../postgres/session.js'
import type { Fleet } from './fleet.js'
import { addMigration } from './project-files.js'

/** What a case is given: a fleet with the two tenants `one` and `two` of the isolation, on the contract's own tables. */
export interface ContractSubject {
  readonly fleet: Fleet
  readonly isolation: Isolation
  readonly one: string
  readonly two: string
  /** Set where all scopes of a database share one server connection: two of them cannot be open at once there. */
  readonly oneConnection?: boolean
}

export interface ContractCase {
  /** A sentence about what holds. */
  readonly name: string
  readonly run: (subject: ContractSubject) => Promise<void>
}

/** The same sentences for every isolation model, every PostgreSQL, direct and through a pooler. A model that fails one is not an isolation model. */
export const ISOLATION_CONTRACT: readonly ContractCase[] = [
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
        if (oneConnection !== true) await fleet.app.tenant(one).query(sql`select 1 from note limit 1`, { readOnly: true })
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
  {
    name: 'bulk copies and plans go through the scope and stay in it',
    async run({ fleet, one, two }) {
      const mark = newId()
      const rows = Array.from({ length: 1_200 }, (_, i) => [`${mark} line ${i}\twith\ttabs\nand \\ lines`, i])
      const written = await fleet.app.tenant(one).transaction((scope) => scope.copyFrom('note', ['body', 'size'], rows))
      equal(written, 1_200)
      const [sum] = await fleet.app
        .tenant(one)
        .query(sql<{ n: number; s: number }>`select count(*)::int as n, sum(size)::int as s from note where starts_with(body, ${mark})`)
      deepEqual(sum, { n: 1_200, s: (1_199 * 1_200) / 2 })
      equal((await fleet.app.tenant(two).query(sql`select 1 from note where starts_with(body, ${mark})`)).length, 0)
      const odd = [[0, Buffer.from([0, 255])], [9_007_199_254_740_993n], [Number.NaN]]
      await fleet.app.tenant(one).transaction((scope) => scope.copyFrom('measure', ['value', 'raw'], odd))
      const measures = sql`select value::text, raw from measure order by id desc limit 3`
      deepEqual(await fleet.app.tenant(one).query(measures), [
        { value: 'NaN', raw: null },
        { value: '9007199254740993', raw: null },
        { value: '0', raw: Buffer.from([0, 255]) },
      ])
      const csv = await fleet.app.tenant(two).transaction(async (scope) => {
        let text = ''
        for await (const chunk of scope.copyTo('note', ['body'])) text += chunk.toString()
        await scope.rows(sql`select 1`)
        return text
      })
      match(csv, /^body\n/)
      ok(!csv.includes(mark))
      const plan = await fleet.app.tenant(one).transaction((scope) => scope.explain(sql`select * from note where id = ${1}`))
      match(JSON.stringify(plan), /Plan/)
    },
  },
]

/** Enters as the library does, by hand. */
export async function enter(session: Session, fleet: Fleet, slug: string, epoch: string): Promise<void> {
  const { found } = await fleet.platform.catalog.one(resolveTenant(slug))
  const { tenant, version, databaseId, signing } = found as Resolved
  if (signing === undefined || signing === null) {
    await session.run(sql`select set_config('role', tenantry.enter_v1(${tenant}, ${epoch}, ${version}, ${databaseId}, '', ''), true)`)
    return
  }
  const expires = Math.floor(systemClock.now() / 1_000) + TOKEN_S
  const { context, signature } = signToken(signing, { databaseId, tenant, epoch, actor: '', request: '', expires })
  await session.run(sql`
    select set_config('role', tenantry.enter_v2(${context}, ${epoch}, ${version}, ${databaseId}, ${expires}, ${signing.id}, ${signature}), true)`)
}

/** Waits until somebody waits for the tenant's lock. */
export async function untilBlocked(witness: Session, tenant: string, howMany = 1): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const { waiting } = await witness.one(sql<{ waiting: number }>`
      select count(*)::int as waiting
      from pg_catalog.pg_locks
      where locktype = 'advisory'
        and not granted
        and database = (select oid from pg_catalog.pg_database where datname = current_database())
        and ((classid::bigint << 32) | objid::bigint) = uuid_hash_extended(${tenant}::uuid, 7426)`)
    if (waiting >= howMany) return
    await systemClock.sleep(20)
  }
  fail('nobody waits for the lock')
}

async function roleOf(fleet: Fleet, slug: string): Promise<string> {
  const witness: Database = await fleet.witness(slug)
  const { home } = await fleet.tenant(slug)
  return (await witness.one(sql<{ role: string }>`select role_name as role from tenantry.home where id = ${home}`)).role
}
