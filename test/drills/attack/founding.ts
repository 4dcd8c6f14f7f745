import pg from 'pg'
import type { Ground, Look } from '../../../src/engine/attacking/ground.js'
import type { Names } from '../../../src/isolation/attacks/attack.js'
import { newId } from '../../../src/kernel/clock.js'
import { fileText } from '../../../src/kernel/sql.js'
import { openRawLine, type RawLine } from '../../../src/postgres/raw-line.js'
import type { TestServer } from '../../support/servers.js'

/**
 * The set-ups that the founding documents describe, with the tables of the suite: a schema for each tenant and one role with every grant; shared tables
 * with row-level security whose owner is the application, or is not; a database for each tenant and one role. They must be seen to fall.
 */
export const FOUNDING = ['schemas', 'rows, as their owner', 'rows, as another role', 'databases'] as const
export type Founding = (typeof FOUNDING)[number]

export interface FoundingGround extends Ground {
  readonly stop: () => Promise<void>
}

const ISOLATION = { schemas: 'schema', 'rows, as their owner': 'shared', 'rows, as another role': 'shared', databases: 'database' } as const
const PRICE = 918_273_645

interface Place {
  readonly tenant: string
  readonly database: string
  readonly schema: string
  readonly mark: string
  readonly from: number
  readonly guessable: string
  readonly price: number
}

export async function startFounding(server: TestServer, kind: Founding): Promise<FoundingGround> {
  const run = newId().slice(0, 8)
  const [app, owner, password] = [`founding_${run}_app`, `founding_${run}_owner`, newId()]
  const asSuperuser = { host: server.host, port: server.port, user: server.superuser, password: server.password }
  const isolation = ISOLATION[kind]
  const base = `test_founding_${run}`
  const place = (who: 'mine' | 'theirs', number: number): Place => ({
    tenant: newId(),
    database: isolation === 'database' ? `${base}_${number}` : base,
    schema: isolation === 'schema' ? `tenant_000${number}` : 'public',
    mark: `${who}-${run}`,
    ...(who === 'mine' ? { from: 11, guessable: 'table', price: 1_234 } : { from: 1, guessable: 'lamp', price: PRICE }),
  })
  const [attacker, victim] = [place('mine', 1), place('theirs', 2)]
  const places = [attacker, victim]
  const databases = [...new Set(places.map(({ database }) => database))]

  const clients = new Map<string, pg.Client>()
  const superuser = async (database: string): Promise<pg.Client> => {
    const known = clients.get(database)
    if (known !== undefined) return known
    const client = new pg.Client({ ...asSuperuser, database })
    client.on('error', () => {})
    await client.connect()
    clients.set(database, client)
    return client
  }
  const build = async (): Promise<void> => {
    for (const database of databases) {
      const client = await superuser(database)
      await client.query('drop schema if exists public cascade; create schema public; grant usage on schema public to public')
      const homes = places.filter((one) => one.database === database)
      for (const home of isolation === 'shared' ? [attacker] : homes) {
        await client.query(tablesOf(kind, home))
        await client.query(grantsOf(kind, home, app, owner))
      }
      for (const home of homes) await client.query(rowsOf(home))
      for (const home of new Set(homes.map(({ schema }) => schema))) {
        await client.query(`refresh materialized view ${home}.sale_total; analyze ${home}.product`)
      }
    }
  }
  const maintenance = await superuser('postgres')
  await maintenance.query(`create role ${app} login password '${password}'; create role ${owner}`)
  for (const database of databases) {
    await maintenance.query(`create database ${database}`)
    await maintenance.query(`grant all on database ${database} to ${owner}`)
  }
  await build()

  const config = (database: string) => ({ ...asSuperuser, user: app, password, database, tls: 'disable' as const })
  const line: Ground['line'] = (at) =>
    openRawLine(config({ own: attacker.database, other: victim.database, maintenance: 'postgres', catalog: 'template1' }[at]), 'founding')
  const enter: Ground['enter'] = (raw, who) => {
    const { schema, tenant } = who === 'attacker' ? attacker : victim
    const whose = isolation === 'shared' ? `set local app.current_tenant = '${tenant}'` : `set local search_path to ${schema}`
    return raw.say(fileText(`begin; set local statement_timeout = '5s'; ${whose}`))
  }
  let victimLine: RawLine | undefined
  const keepVictim = async (): Promise<void> => {
    if (victimLine !== undefined && !victimLine.broken()) return
    victimLine = await line('other')
    await victimLine.say(fileText(`select '${victim.mark}-activity'`))
  }
  await keepVictim()
  const large = await (await superuser(victim.database)).query(
    `set role ${app}; select lo_from_bytea(0, '${victim.mark}-large') as oid; reset role`,
  )
  const objects = (large as unknown as readonly pg.QueryResult<{ oid: string }>[])[1]!

  const look = async (): Promise<Look> => {
    await keepVictim()
    const [mine, theirs] = await Promise.all([
      lookAt(await superuser(attacker.database), attacker, victim.mark),
      lookAt(await superuser(victim.database), victim, attacker.mark),
    ])
    const walls = await Promise.all(
      databases.map(async (database) => (await (await superuser(database)).query<{ digest: string }>(WALLS)).rows[0]!.digest),
    )
    return { own: mine.digest, stolen: mine.stolen, victim: theirs.digest, walls: walls.join(' ') }
  }
  let whole: string | undefined
  const mend = async (): Promise<void> => {
    await keepVictim()
    const { walls } = await look()
    whole ??= walls
    if (walls !== whole) await build()
    for (const home of places) {
      const client = await superuser(home.database)
      if (home === attacker || isolation !== 'shared')
        await client.query(TABLES.map((name) => `delete from ${home.schema}.${name}`).join(';'))
      await client.query(rowsOf(home))
    }
  }
  await mend()

  return {
    isolation,
    assurance: 'standard',
    version: Number(
      (await maintenance.query<{ version: string }>(`select current_setting('server_version_num') as version`)).rows[0]!.version,
    ),
    get names(): Names {
      return {
        ...{ own: attacker.schema, other: victim.schema, me: attacker.tenant, them: victim.tenant, 'my role': app, 'their role': app },
        ...{ 'my database': attacker.database, 'their database': victim.database, column: 'tenant_id', key: 'id' },
        ...{ setting: 'app.current_tenant', 'their context': victim.tenant, login: app, owner, code: owner, tenants: owner },
        ...{ epoch: '1', version: '1', 'database id': newId(), pid: String(victimLine!.pid) },
        ...{ 'large object': String(objects.rows[0]!.oid), canary: victim.mark },
      }
    },
    has: new Set(['hardened', 'tenant column', 'closed server']),
    isForeign: (text) => text.includes(victim.mark) || text.includes(String(PRICE)),
    line,
    enter,
    look,
    mend,
    stop: async () => {
      await victimLine?.end()
      for (const [database, client] of clients) if (database !== 'postgres') await client.end()
      for (const database of databases) await maintenance.query(`drop database ${database} with (force)`)
      await maintenance.query(`drop role ${app}; drop role ${owner}`)
      await maintenance.end()
    },
  }
}

const TABLES = ['sale', 'product', 'event', 'document', 'history'] as const

/** As the documents write tables: keys of one column, plain views, a materialised view that is there for all. */
function tablesOf(kind: Founding, { schema, tenant }: Place): string {
  const whose = ISOLATION[kind] === 'shared' ? `default current_setting('app.current_tenant')::uuid` : `default '${tenant}'`
  const own = `tenant_id uuid not null ${whose}`
  const secured = ISOLATION[kind] === 'shared' ? TABLES : []
  return `
    drop schema if exists ${schema === 'public' ? 'nothing' : schema} cascade;
    create schema if not exists ${schema};
    create table ${schema}.product (id integer primary key, ${own}, name text not null unique, secret text not null, price numeric not null default 0);
    create table ${schema}.sale (id bigserial primary key, ${own}, product_id integer references ${schema}.product (id), note text not null default '');
    create table ${schema}.event (at timestamptz not null, id integer not null, ${own}, body text not null, primary key (at, id)) partition by range (at);
    create table ${schema}.event_old partition of ${schema}.event for values from ('2000-01-01 00:00+00') to ('2020-01-01 00:00+00');
    create table ${schema}.event_rest partition of ${schema}.event default;
    create table ${schema}.document (id integer primary key, ${own}, title text not null, body jsonb not null default '{}',
      words tsvector generated always as (to_tsvector('simple', title)) stored);
    create table ${schema}.history (id bigserial primary key, ${own}, actor text, what text not null);
    create view ${schema}.product_names as select * from ${schema}.product where price >= 0;
    create materialized view ${schema}.sale_total as select tenant_id, count(*) as sales, max(note) as newest from ${schema}.sale group by tenant_id;
    create view ${schema}.sale_totals as select * from ${schema}.sale_total;
    create function ${schema}.newest_secret() returns text language sql as 'select max(secret) from ${schema}.product';
    ${secured
      .map(
        (name) => `alter table ${schema}.${name} enable row level security;
    create policy tenant_isolation on ${schema}.${name} using (tenant_id = current_setting('app.current_tenant')::uuid);`,
      )
      .join('\n')}`
}

function grantsOf(kind: Founding, { schema, database }: Place, app: string, owner: string): string {
  const everything = `
    grant usage on schema ${schema} to ${app};
    grant all privileges on all tables in schema ${schema} to ${app};
    grant all privileges on all sequences in schema ${schema} to ${app};
    alter default privileges in schema ${schema} grant all on tables to ${app};
    alter default privileges in schema ${schema} grant all on sequences to ${app};
    grant connect on database ${database} to ${app};`
  const belongs = kind === 'rows, as their owner' ? app : owner
  const owners = `
    alter schema ${schema} owner to ${belongs};
    ${TABLES.map((name) => `alter table ${schema}.${name} owner to ${belongs};`).join('')}
    alter table ${schema}.event_old owner to ${belongs}; alter table ${schema}.event_rest owner to ${belongs};
    alter view ${schema}.product_names owner to ${belongs}; alter materialized view ${schema}.sale_total owner to ${belongs};
    alter view ${schema}.sale_totals owner to ${belongs}; alter function ${schema}.newest_secret() owner to ${belongs};`
  return owners + everything
}

function rowsOf({ schema, tenant, mark, from, guessable, price }: Place): string {
  const into = (name: string, columns: string, values: string): string =>
    `insert into ${schema}.${name} (tenant_id, ${columns}) select '${tenant}', ${values} from generate_series(0, 2) as i;`
  return [
    into(
      'product',
      'id, name, secret, price',
      `${from} + i, case i when 2 then '${guessable}' else '${mark}-name-' || i end, '${mark}-secret-' || i, ${price} * case i when 1 then -1 else 1 end`,
    ),
    into('sale', 'id, product_id, note', `1000000 + ${from} + i, ${from} + i, '${mark}-note-' || i`),
    into(
      'event',
      'at, id, body',
      `case i when 0 then timestamptz '2010-01-01 00:00+00' else timestamptz '2026-01-01 00:00+00' end, ${from} + i, '${mark}-body-' || i`,
    ),
    into('document', 'id, title, body', `${from} + i, '${mark}-title-' || i, jsonb_build_object('a', '${mark}-json-' || i)`),
    into('history', 'id, actor, what', `1000000 + ${from} + i, '${mark}-actor', '${mark}-what-' || i`),
  ].join('\n')
}

async function lookAt(client: pg.Client, { schema, tenant }: Place, foreign: string): Promise<{ digest: string; stolen: number }> {
  const all = TABLES.map((name) => `select '${name} ' || r::text as line from ${schema}.${name} r where tenant_id = '${tenant}'`).join(
    ' union all ',
  )
  const found = await client
    .query<{ digest: string; stolen: number }>(
      `select md5(coalesce(string_agg(line, ' ' order by line), '')) as digest, (count(*) filter (where strpos(line, '${foreign}') > 0))::int as stolen from (${all}) as rows`,
    )
    .catch(() => undefined)
  // Dropped, by whoever owns it.
  return found?.rows[0] ?? { digest: 'gone', stolen: 0 }
}

const WALLS = `
  select md5(string_agg(line, ' ' order by line)) as digest
  from (
    select concat_ws(' ', c.oid, c.relname, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' or n.nspname like 'tenant\\_%'
    union all
    select concat_ws(' ', polrelid, polname, polqual) from pg_policy
    union all
    select concat_ws(' ', nspname, nspowner, nspacl) from pg_namespace where nspname = 'public' or nspname like 'tenant\\_%'
  ) as walls`
