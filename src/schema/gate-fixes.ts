import { type Sql, sql } from '../kernel/sql.js'

// What mends a finding about columns and keys, as expressions over the rows that the gate finds: `t` is a table with oid and name, `i` an index, `k` a constraint.

/** The names of columns of a table but one, in their order, each after a comma. */
const others = (table: Sql, columns: Sql, column: string): Sql => sql`coalesce((
  select string_agg(', ' || quote_ident(a.attname), '' order by u.n)
  from unnest(${columns}) with ordinality as u (attnum, n)
  join pg_catalog.pg_attribute a on a.attrelid = ${table} and a.attnum = u.attnum
  where a.attname <> ${column}), '')`

const tenants = (table: Sql, columns: Sql, column: string): Sql =>
  sql`(select count(*) from pg_catalog.pg_attribute a where a.attrelid = ${table} and a.attnum = any (${columns}) and a.attname = ${column})`

/** Where it is plain which column it should be. */
export const keyFix = (column: string): Sql => sql`coalesce((
  select format('alter table %s add primary key (%I, %I)', t.oid::regclass, ${column}::text, a.attname)
  from pg_catalog.pg_attribute a
  where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attnotnull and (a.attidentity <> '' or a.attname = 'id')
  order by a.attidentity = '', a.attnum
  limit 1
), format('add a primary key to %s that begins with %I', t.oid::regclass, ${column}::text))`

/** The same key with the tenant in front; a constraint stays a constraint. */
export const uniqueFix = (column: string): Sql => sql`coalesce((
  select format('alter table %s drop constraint %I, add constraint %2$I %s (%I%s)', t.oid::regclass, k.conname,
           case k.contype when 'p' then 'primary key' else 'unique' end, ${column}::text, ${others(sql`t.oid`, sql`k.conkey`, column)})
  from pg_catalog.pg_constraint k
  where k.conrelid = t.oid and k.conindid = i.indexrelid and k.contype in ('p', 'u')
), format('drop index %s; %s', i.indexrelid::regclass, regexp_replace(pg_get_indexdef(i.indexrelid), ' USING (\\w+) \\(', format(' USING \\1 (%I, ', ${column}::text))))`

/** The same foreign key with the tenant in front on both sides, which acts on the other columns alone; dropped where the two sides do not match. */
export const foreignKeyFix = (column: string): Sql => sql`format(
  case when ${tenants(sql`k.conrelid`, sql`k.conkey`, column)} <> ${tenants(sql`k.confrelid`, sql`k.confkey`, column)} then 'alter table %s drop constraint %I' else
  'alter table %s drop constraint %I, add constraint %2$I foreign key (%I%s) references %5$s (%3$I%6$s)%7$s%8$s%9$s' end, k.conrelid::regclass, k.conname, ${column}::text,
  ${others(sql`k.conrelid`, sql`k.conkey`, column)}, k.confrelid::regclass, ${others(sql`k.confrelid`, sql`k.confkey`, column)},
  case k.confupdtype when 'c' then ' on update cascade' when 'r' then ' on update restrict' else '' end,
  case k.confdeltype when 'c' then ' on delete cascade' when 'r' then ' on delete restrict'
    when 'n' then format(' on delete set null (%s)', ltrim(${others(sql`k.conrelid`, sql`coalesce(k.confdelsetcols, k.conkey)`, column)}, ', '))
    when 'd' then format(' on delete set default (%s)', ltrim(${others(sql`k.conrelid`, sql`coalesce(k.confdelsetcols, k.conkey)`, column)}, ', '))
    else '' end,
  case when k.condeferred then ' deferrable initially deferred' when k.condeferrable then ' deferrable' else '' end)`

export const exclusionFix = (column: string): Sql => sql`format(
  'alter table %s drop constraint %I, add constraint %2$I %s', k.conrelid::regclass, k.conname,
  regexp_replace(pg_get_constraintdef(k.oid), '^(EXCLUDE USING \\w+ )\\(', format('\\1(%I with =, ', ${column}::text)))`

/** In two steps: a default would be evaluated at once, where no tenant has been entered. */
export const missingColumnFix = (column: string): Sql => sql`format(
  case t.relkind when 'm' then 'make the materialised view %1$s anew, with %2$I'
    else 'alter table %1$s add column %2$I uuid not null; alter table %1$s alter column %2$I set default tenantry.tenant()' end, t.oid::regclass, ${column}::text)`

export const wrongColumnFix = (column: string): Sql => sql`format(
  case when t.atttypid = 'uuid'::regtype then '' else 'alter table %1$s alter column %2$I drop default, alter column %2$I type uuid using %2$I::text::uuid; ' end
  || 'alter table %1$s alter column %2$I set default tenantry.tenant(), alter column %2$I set not null', t.oid::regclass, ${column}::text)`
