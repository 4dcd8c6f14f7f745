import { ident, join, literal, type Sql, sql } from '../../kernel/sql.js'

/** What the scratch tables need to know of the project: its tenant column, or the name that an ordinary column has in its place. */
export const columnOf = (tenantColumn: string | null): string => tenantColumn ?? 'tenant_id'

/** What a home's own operators and types say when something runs them that has named them by no schema. */
export const TRAPPED = 'a trap of the home has run'

// Called like those of PostgreSQL: where they run depends on the search_path of whoever enters, and with whose rights on what enters.
const TRAPS = `create function trap(anything text) returns boolean language plpgsql as $$ begin raise exception '${TRAPPED}'; end $$;
create function trap(one text, other text) returns text language plpgsql as $$ begin raise exception '${TRAPPED}'; end $$;
create operator || (leftarg = text, rightarg = text, function = trap);
create domain text as pg_catalog.text check (trap(value));
create domain uuid as pg_catalog.uuid check (trap(value::pg_catalog.text));
create domain bytea as pg_catalog.bytea check (trap(value::pg_catalog.text));
`

/** The tables of a scratch home, as a migration: one of everything that could leak. */
export function scratchTables(tenantColumn: string | null): string {
  const t = ident(columnOf(tenantColumn)).text
  const own = `${t} uuid not null default tenantry.tenant()`
  return `
create table product (${own}, id integer not null, name text not null, secret text not null, price numeric not null default 0,
  primary key (${t}, id), unique (${t}, name));
create table sale (${own}, id bigint generated always as identity, product_id integer, note text not null default '',
  primary key (${t}, id), foreign key (${t}, product_id) references product (${t}, id));
create table event (${own}, at timestamptz not null, id integer not null, body text not null, primary key (${t}, at, id)) partition by range (at);
create table event_old partition of event for values from ('2000-01-01 00:00+00') to ('2020-01-01 00:00+00');
create table event_rest partition of event default;
create table document (${own}, id integer not null, title text not null, body jsonb not null default '{}',
  words tsvector generated always as (to_tsvector('simple', title)) stored, primary key (${t}, id));
create table history (${own}, id bigint generated always as identity, actor text, what text not null, primary key (${t}, id));
create view product_names with (security_invoker = true) as select ${t}, id, name, secret, price from product where price >= 0;
create materialized view sale_total as select ${t}, count(*) as sales, max(note) as newest from sale group by ${t};
create view sale_totals with (${tenantColumn === null ? 'security_invoker = true' : 'security_barrier = true'}) as
  select ${t}, sales, newest from sale_total where ${t} = (select tenantry.tenant());
create function newest_secret() returns text language sql stable return (select max(secret) from product);
create function keep_history() returns trigger language plpgsql as $$
  begin insert into history (actor, what) values (tenantry.actor(), new.name); return new; end $$;
create trigger product_history after update of name on product for each row execute function keep_history();
${TRAPS}`
}

/** Platform tables, for a database that nobody but a scratch tenant lives in. */
export function scratchPlatformTables(tenantColumn: string): string {
  const t = ident(tenantColumn).text
  return `
create table plan (code text primary key, price numeric not null);
insert into plan values ('free', 0);
create table account (${t} uuid not null default tenantry.tenant(), id integer not null, email text not null, password_hash text,
  primary key (${t}, id), unique (${t}, email));
`
}

export const SCRATCH_HIDDEN = { account: ['password_hash'] } as const

const TABLES = ['product', 'sale', 'event', 'document', 'history'] as const

export interface ScratchRows {
  readonly schema: string
  readonly tenantColumn: string | null
  readonly tenant: string
  /** In every text of the tenant's, but for one name that others may guess. */
  readonly mark: string
  readonly guessable: string
  /** Ids begin here. */
  readonly from: number
  /** In every price of the tenant's. */
  readonly price: number
}

/** Takes every row out of the tables of a home, whoever's they are. */
export const emptyTables = (schema: string): Sql =>
  join(
    ['sale', 'product', 'event', 'document', 'history'].map((name) => sql`delete from ${ident(schema, name)}`),
    ';\n',
  )

/** What is made of the rows when it is told to: a materialised view, and statistics. */
export const digestsOf = (schema: string): readonly Sql[] => [
  sql`set local search_path = ${ident(schema)}, pg_temp`,
  sql`refresh materialized view ${ident(schema, 'sale_total')}`,
  sql`analyze ${ident(schema, 'product')}`,
]

// Without bind parameters, so that all of them go in one message.
const number = (value: number): Sql => sql`${literal(String(value))}::integer`

/** The rows of one tenant. */
export function fillTables({ schema, tenantColumn, tenant, mark, guessable, from, price }: ScratchRows): readonly Sql[] {
  const [t, m, id] = [ident(columnOf(tenantColumn)), literal(mark), sql`${number(from)} + i`]
  // Beyond what a sequence comes to.
  const drawn = sql`1000000 + ${id}`
  const into = (name: string, columns: Sql, values: Sql): Sql =>
    sql`insert into ${ident(schema, name)} (${t}, ${columns}) overriding system value select ${literal(tenant)}::uuid, ${values} from generate_series(0, 2) as i`
  const name = sql`case i when 2 then ${literal(guessable)} else ${m} || '-name-' || i end`
  // One of them is hidden by the view.
  const signed = sql`${number(price)} * case i when 1 then -1 else 1 end`
  const at = sql`case i when 0 then timestamptz '2010-01-01 00:00+00' else timestamptz '2026-01-01 00:00+00' end`
  return [
    into('product', sql`id, name, secret, price`, sql`${id}, ${name}, ${m} || '-secret-' || i, ${signed}`),
    into('sale', sql`id, product_id, note`, sql`${drawn}, ${id}, ${m} || '-note-' || i`),
    into('event', sql`at, id, body`, sql`${at}, ${id}, ${m} || '-body-' || i`),
    into('document', sql`id, title, body`, sql`${id}, ${m} || '-title-' || i, jsonb_build_object('a', ${m} || '-json-' || i)`),
    into('history', sql`id, actor, what`, sql`${drawn}, ${m} || '-actor', ${m} || '-what-' || i`),
  ]
}

/** The rows of a tenant in the scratch platform tables. Nobody may read what begins with `hidden`, whoever's it is. */
export const fillAccounts = (tenantColumn: string, of: Omit<ScratchRows, 'schema' | 'tenantColumn' | 'price'>, hidden: string): Sql => sql`
  insert into platform.account (${ident(tenantColumn)}, id, email, password_hash)
  select ${literal(of.tenant)}::uuid, ${number(of.from)} + i,
         case i when 2 then ${literal(of.guessable)} || '@example.org' else ${literal(of.mark)} || '-' || i || '@example.org' end,
         ${literal(hidden)} || '-' || i
  from generate_series(0, 2) as i`

/** A digest over the rows of a tenant, or of a whole home, and how many of its texts hold the mark of somebody else. */
export function lookAtRows(
  { schema, tenantColumn, tenant }: Pick<ScratchRows, 'schema' | 'tenantColumn' | 'tenant'>,
  foreignMark: string,
  wholeHome: boolean,
): Sql<{ digest: string; stolen: number }> {
  const own = wholeHome ? sql`` : sql`where ${ident(columnOf(tenantColumn))} = ${literal(tenant)}::uuid`
  const [first, ...others] = TABLES.map(
    (name) => sql`select ${literal(name)} || ' ' || r::text as line from ${ident(schema, name)} r ${own}`,
  )
  const all = others.reduce((sum, next) => sql`${sum} union all ${next}`, first!)
  return sql<{ digest: string; stolen: number }>`
    select md5(coalesce(string_agg(line, E'\n' order by line), '')) as digest,
           count(*) filter (where strpos(line, ${literal(foreignMark)}) > 0)::int as stolen
    from (${all}) as rows`
}

/** The same of the scratch platform tables. */
export const lookAtAccounts = (tenantColumn: string, tenant: string): Sql<{ digest: string }> => sql<{ digest: string }>`
  select md5(coalesce((select string_agg(a::text, ' ' order by a.id) from platform.account a where ${ident(tenantColumn)} = ${literal(tenant)}::uuid), '')
    || (select string_agg(p::text, ' ' order by p.code) from platform.plan p)) as digest`
