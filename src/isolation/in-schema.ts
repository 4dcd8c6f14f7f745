import { type Sql, sql } from '../kernel/sql.js'

// Every table, view and sequence, and every function, depends on its schema (indexes and composite types do not). pg_class and pg_proc have no index that begins with the schema: asked there,
// the server would read what all homes of the database have, for the sake of one. The source: heap_create_with_catalog and ProcedureCreate, and a test that looks.

/** The ids of all tables, views, materialised views, sequences and foreign tables in a schema, or in several, in parentheses; of a schema that is not there, none. */
export const relationsIn = (schema: string | readonly string[]): Sql => dependents(schema, sql`'pg_catalog.pg_class'::regclass`)

/** The ids of all functions, procedures and aggregates in a schema, or in several, in parentheses. */
export const functionsIn = (schema: string | readonly string[]): Sql => dependents(schema, sql`'pg_catalog.pg_proc'::regclass`)

const dependents = (schema: string | readonly string[], kind: Sql): Sql => sql`(
    select d.objid
    from pg_catalog.pg_depend d
    where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid ${idsOf(schema)} and d.classid = ${kind})`

// Of one alone, so that the server plans for one.
const idsOf = (schema: string | readonly string[]): Sql => {
  const one = typeof schema === 'string' ? schema : schema.length === 1 ? schema[0] : undefined
  if (one !== undefined) return sql`= to_regnamespace(quote_ident(${one}))`
  return sql`= any (array(select to_regnamespace(quote_ident(name))::oid from unnest(${schema}::text[]) as name))`
}
