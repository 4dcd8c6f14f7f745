import { relationsIn } from '../isolation/in-schema.js'
import { type Sql, sql } from '../kernel/sql.js'
import { exclusionFix, foreignKeyFix, keyFix, missingColumnFix, uniqueFix, wrongColumnFix } from './gate-fixes.js'
import { fixOf, type GateFinding, type GateSubject } from './gate-subject.js'

/** Does every table have the tenant column, and does every key begin with it? */
export function tenantColumnRules(subject: GateSubject, column: string): Sql<GateFinding> {
  const { schemas, platform } = subject
  const [exclusion, foreignKey] = [fixOf(subject, exclusionFix(column)), fixOf(subject, foreignKeyFix(column))]
  return sql<GateFinding>`
    with tenanted as (
      select c.oid, c.relnamespace, c.relname::text as name, c.relkind, a.attnum, a.atttypid, a.attnotnull,
             pg_get_expr(d.adbin, d.adrelid) as preset
      from pg_catalog.pg_class c
      left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped
      left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.oid in ${relationsIn(schemas)}
        and c.relkind in ('r', 'p', 'm')
        -- Reference tables of the platform belong to no tenant.
        and not (${platform} and a.attnum is null)
    ), constraints as materialized (
      select t.relnamespace, t.name as table_name, t.attnum, k.*
      from tenanted t
      join pg_catalog.pg_constraint k on k.conrelid = t.oid and k.conparentid = 0
      where k.contype in ('x', 'f')
    ), foreign_keys as materialized (
      select k.*, target.oid as target, target.attnum as target_attnum
      from constraints k
      -- One that points into another schema is another rule's. By their indexes: to look through all tables once for each would take hours where homes are many.
      left join lateral (
        select c.oid, a.attnum
        from pg_catalog.pg_class c
        left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped
        where c.oid = k.confrelid and c.relnamespace = k.relnamespace and not (${platform} and a.attnum is null)
        offset 0
      ) target on true
      where k.contype = 'f' and k.attnum is not null
    ), found as (
      select t.relnamespace, case t.relkind when 'm' then 'TL13' else 'TL31' end as lint,
             format('%s %s has no column %s', case t.relkind when 'm' then 'materialised view' else 'table' end, t.name, ${column}::text) as finding,
             ${fixOf(subject, missingColumnFix(column))} as fix
      from tenanted t
      where t.attnum is null
      union all
      select t.relnamespace, 'TL31', format('column %s.%s must be "uuid not null default tenantry.tenant()"', t.name, ${column}::text),
             ${fixOf(subject, wrongColumnFix(column))}
      from tenanted t
      where t.attnum is not null
        and t.relkind <> 'm'
        and (t.atttypid <> 'uuid'::regtype or not t.attnotnull or t.preset is distinct from 'tenantry.tenant()')
      union all
      select t.relnamespace, 'TL05', format('table %s has no primary key', t.name), ${fixOf(subject, keyFix(column))}
      from tenanted t
      where t.relkind in ('r', 'p')
        and not exists (select 1 from pg_catalog.pg_constraint k where k.conrelid = t.oid and k.contype = 'p')
      union all
      select t.relnamespace, 'TL05', format('unique index %s must begin with %s', i.indexrelid::regclass::text, ${column}::text),
             ${fixOf(subject, uniqueFix(column))}
      from tenanted t
      join pg_catalog.pg_index i on i.indrelid = t.oid and i.indisunique
      where t.attnum is not null
        and i.indkey[0] <> t.attnum
        -- Those of partitions follow their parent's.
        and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = i.indexrelid)
      union all
      select k.relnamespace, 'TL05', format('exclusion constraint %s on %s must include "%s with ="', k.conname, k.table_name, ${column}::text), ${exclusion}
      from constraints k
      where k.contype = 'x'
        and not exists (
          select 1
          from unnest(k.conkey, k.conexclop) as u (attnum, operator)
          join pg_catalog.pg_operator o on o.oid = u.operator
          where u.attnum = k.attnum and o.oprname = '='
        )
      union all
      select k.relnamespace, 'TL06', format('foreign key %s on %s must begin with %s on both sides', k.conname, k.table_name, ${column}::text), ${foreignKey}
      from foreign_keys k
      where k.target is not null
        and (k.conkey[1] <> k.attnum or k.target_attnum is null or k.confkey[1] <> k.target_attnum)
      union all
      select k.relnamespace, 'TL06',
             format('foreign key %s on %s must name the columns of its "on delete set", or it would empty %s too', k.conname, k.table_name, ${column}::text), ${foreignKey}
      from foreign_keys k
      where k.confdeltype in ('n', 'd')
        and (k.confdelsetcols is null or k.attnum = any (k.confdelsetcols))
      union all
      select k.relnamespace, 'TL06', format('foreign key %s on %s would empty %s on update', k.conname, k.table_name, ${column}::text), ${foreignKey}
      from foreign_keys k
      where k.confupdtype in ('n', 'd')
        and k.attnum = any (k.conkey)
    )
    select (select n.nspname::text from pg_catalog.pg_namespace n where n.oid = f.relnamespace) as schema, f.lint, f.finding, f.fix
    from found f`
}
