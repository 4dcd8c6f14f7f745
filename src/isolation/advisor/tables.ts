import { REFUSED_EXTENSIONS } from '../../kernel/extensions.js'
import { sql } from '../../kernel/sql.js'
import { rolePrefix } from '../doctor/finding.js'
import type { DatabaseSubject } from '../doctor/subject.js'
import { relationsIn } from '../in-schema.js'
import { tenantColumnOf } from '../model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA } from '../names.js'
import { migratedSchemas, type Statement, type Told } from './lint.js'

/** Ways out of the database that tenants can take. Foreign tables in homes are the gate's to find. */
export const foreignReach: Statement<DatabaseSubject> = (subject) => sql<Told>`
  with grantee as (
    select r.oid, quote_ident(r.rolname) as name from pg_catalog.pg_roles r where starts_with(r.rolname, ${rolePrefix(subject.installation.platformId)})
    union all
    select 0, 'public'
  )
  select c.oid::regclass::text as object, format('%s may use this foreign table', g.name) as reason,
         format('revoke all on table %s from %s', c.oid::regclass, g.name) as fix
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral (select distinct a.grantee from pg_catalog.aclexplode(c.relacl) a) a
  join grantee g on g.oid = a.grantee
  where c.relkind = 'f'
    and n.nspname <> all (${migratedSchemas(subject)}::text[])
    and has_schema_privilege(to_regrole(quote_ident(${subject.names.tenant})), n.oid, 'usage')
  union all
  select s.srvname, format('%s may use this foreign server', g.name), format('revoke all on foreign server %I from %s', s.srvname, g.name)
  from pg_catalog.pg_foreign_server s
  cross join lateral (select distinct a.grantee from pg_catalog.aclexplode(s.srvacl) a) a
  join grantee g on g.oid = a.grantee
  union all
  select w.fdwname, format('%s may make servers with this foreign-data wrapper', g.name),
         format('revoke all on foreign data wrapper %I from %s', w.fdwname, g.name)
  from pg_catalog.pg_foreign_data_wrapper w
  cross join lateral (select distinct a.grantee from pg_catalog.aclexplode(w.fdwacl) a) a
  join grantee g on g.oid = a.grantee
  union all
  select e.extname, format('this extension leads around the walls, and its functions are in schema %s', n.nspname),
         format('drop extension %I', e.extname)
  from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  where e.extname ~ ${REFUSED_EXTENSIONS.source}
    and n.nspname = any (${['pg_catalog', EXTENSION_SCHEMA, ...migratedSchemas(subject)]}::text[])
  order by 1, 2`

/** Row-level security that somebody has given to tables which have none of ours: those of services, and reference tables. */
export const halfRowSecurity: Statement<DatabaseSubject> = ({ homes, tenantColumn }) => sql<Told>`
  with bare as (
    select c.oid, c.relrowsecurity, c.relispartition
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn([PLATFORM_SCHEMA, ...homes.filter((home) => tenantColumnOf(home, tenantColumn) === null).map((home) => home.schema)])}
      and c.relkind in ('r', 'p')
      -- Only among platform tables some have the column.
      and not exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${tenantColumn}::text and not a.attisdropped)
  )
  select b.oid::regclass::text as object, format('policy %s does nothing: row-level security is off', quote_ident(p.polname)) as reason,
         format('drop policy %I on %s', p.polname, b.oid::regclass) as fix
  from bare b
  join pg_catalog.pg_policy p on p.polrelid = b.oid
  where not b.relrowsecurity
  union all
  select b.oid::regclass::text, 'row-level security is on and no policy lets anybody see a row', format('alter table %s disable row level security', b.oid::regclass)
  from bare b
  where b.relrowsecurity
    and not b.relispartition
    and not exists (select from pg_catalog.pg_policy p where p.polrelid = b.oid)
  order by 1, 2`

// As people call what is nobody else's business.
const SENSITIVE =
  '(^|_)(password|passwd|passphrase|pwd|secret|token|api_?key|private_?key|credentials?|otp|pin_?hash|card_number|iban|ssn)(_|$)'

/** Columns of reference tables, which every tenant may read, that are named like secrets. */
export const sensitiveColumns: Statement<DatabaseSubject> = ({ names, tenantColumn }) => sql<Told>`
  select format('%s.%I', c.oid::regclass, a.attname) as object, 'every tenant may read this column, whose name is that of a secret' as reason,
         format('list %s of %s under "hidden" in tenantry.config.ts, then run \`tenantry migrate up\`', a.attname, c.relname) as fix
  from pg_catalog.pg_class c
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.oid in ${relationsIn(PLATFORM_SCHEMA)}
    and c.relkind in ('r', 'p', 'v')
    and a.attname ~* ${SENSITIVE}
    and not exists (select from pg_catalog.pg_attribute t where t.attrelid = c.oid and t.attname = ${tenantColumn}::text and not t.attisdropped)
    and has_column_privilege(to_regrole(quote_ident(${names.tenant})), c.oid, a.attnum, 'select')
  order by 1`
