import { sql } from '../../kernel/sql.js'
import type { ClusterSubject } from '../doctor/subject.js'
import type { Statement, Told } from './lint.js'

/** Databases that every role may connect to, beside those that have checks of their own: tenant-bearing ones, and those that Tenantry once closed. */
export const openDatabases: Statement<ClusterSubject> = ({ databases, revoked, hardened }) => sql<Told>`
  select '' as object, format('every role may connect to %s', string_agg(d.datname, ', ' order by d.datname)) as reason,
         format('revoke connect, temporary on database %s from public', string_agg(quote_ident(d.datname), ', ' order by d.datname)) as fix
  from pg_catalog.pg_database d
  where ${hardened}::boolean
    and d.datallowconn
    and has_database_privilege('public', d.oid, 'connect')
    and d.datname <> all (${[...databases.map((database) => database.name), ...revoked]}::text[])
  having count(*) > 0`
