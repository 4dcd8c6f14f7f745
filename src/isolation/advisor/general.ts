import { mutablePaths } from './code.js'
import type { LintId } from './ids.js'
import type { Lint } from './lint.js'
import {
  duplicateIndexes,
  extensionPlaces,
  invalidIndexes,
  keylessTables,
  outdatedExtensions,
  regTypes,
  unindexedForeignKeys,
} from './performance.js'
import { halfRowSecurity, sensitiveColumns } from './tables.js'

/** Rules that are good for any database, as far as they say something of one with tenants. */
export const GENERAL: Readonly<Record<Extract<LintId, `SP${string}`>, Lint>> = {
  SP01: {
    title: 'Foreign keys have an index.',
    why: 'Without one, deleting or renaming a parent reads all children, of all tenants in a shared home, and holds locks meanwhile.',
    fix: 'create index on … (tenant_id, …)',
    checks: ['advice.foreign-key'],
    splinter: ['0001'],
    database: { check: 'advice.foreign-key', statement: unindexedForeignKeys },
  },
  SP04: {
    title: 'Tables without a tenant column have a primary key, too.',
    why: 'Rows that nothing names can be neither replicated nor compared. (With a tenant column it is TL05, and the gate insists.)',
    fix: 'alter table … add primary key (…)',
    checks: ['advice.primary-key'],
    splinter: ['0004'],
    database: { check: 'advice.primary-key', statement: keylessTables },
  },
  SP08: {
    title: 'Tables without a tenant column have neither row-level security without a policy nor policies without row-level security.',
    why: 'The one shows nobody anything, the other protects nothing and looks as if it did.',
    fix: 'alter table … disable row level security; drop policy … on …',
    checks: ['tables.policies'],
    splinter: ['0007', '0008'],
    database: { check: 'tables.policies', statement: halfRowSecurity },
  },
  SP09: {
    title: 'No index is there twice.',
    why: 'Each costs every write, and memory in every backend, and only one is used.',
    fix: 'drop index …',
    checks: ['advice.duplicate-index'],
    splinter: ['0009'],
    database: { check: 'advice.duplicate-index', statement: duplicateIndexes },
  },
  SP11: {
    title: 'Functions of the platform name their search_path.',
    why: 'They run in the scope of a tenant, where the tables of its home come before those of the platform: a home with a table of the same name changes what they mean.',
    fix: 'alter routine … set search_path = pg_catalog, platform, ext, pg_temp',
    checks: ['advice.search-path'],
    splinter: ['0011'],
    database: { check: 'advice.search-path', statement: mutablePaths },
  },
  SP14: {
    title: 'Extensions are in the schema ext.',
    why: 'Scopes look there; in public nobody finds them, and in a home they go with the home.',
    fix: 'alter extension … set schema ext',
    checks: ['extensions.place'],
    splinter: ['0014'],
    database: { check: 'extensions.place', statement: extensionPlaces },
  },
  SP18: {
    title: 'No column is of a type that pg_upgrade refuses.',
    why: 'One column of one tenant keeps the whole server from the next major version.',
    fix: 'alter table … alter column … type text using …::text',
    checks: ['advice.reg-type'],
    splinter: ['0018'],
    database: { check: 'advice.reg-type', statement: regTypes },
  },
  SP22: {
    title: 'Extensions are at the version that the server has.',
    why: 'Fixes of an extension are in its scripts as well, and those run only when it is updated.',
    fix: 'alter extension … update',
    checks: ['extensions.outdated'],
    splinter: ['0022'],
    database: { check: 'extensions.outdated', statement: outdatedExtensions },
  },
  SP23: {
    title: 'No reference table shows tenants a column that is named like a secret.',
    why: 'Reference tables can be read by every tenant.',
    fix: 'list it under `hidden` in the configuration',
    checks: ['columns.sensitive'],
    splinter: ['0023'],
    database: { check: 'columns.sensitive', statement: sensitiveColumns },
  },
  SP30: {
    title: 'No index is invalid.',
    why: 'What `create index concurrently` left behind costs every write and serves no query.',
    fix: 'reindex index …',
    checks: ['advice.invalid-index'],
    splinter: ['0030'],
    database: { check: 'advice.invalid-index', statement: invalidIndexes },
  },
}
