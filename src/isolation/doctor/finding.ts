import { type Sql, sql } from '../../kernel/sql.js'
import { type Database, lockTimeout, type Session } from '../../postgres/session.js'
import type { LintId } from '../advisor/ids.js'
import { assertFence, type FencingToken } from '../fence.js'

/** Advice is about speed and order: nobody sees or changes what is another's for it. */
export type Severity = 'error' | 'warning' | 'advice'

/** What the doctor looks at: a name that stays, how bad it is, and what it asks. */
export const CHECKS = {
  'secret.missing': ['error', 'References to secrets resolve.'],
  'cluster.unreachable': ['error', 'Every cluster answers, and lets its administrator in.'],
  'cluster.identity': ['error', 'A cluster is the server that was registered under its name.'],
  'cluster.version': ['warning', 'No server is older than the first release without the published holes that tenants could use.'],
  'cluster.tls': ['warning', 'The control plane comes to every server over TLS that it verifies, unless it is on its machine.'],
  'cluster.unhardened': ['warning', 'Every cluster has the walls that only a superuser can raise.'],
  'cluster.connect': ['warning', 'What was taken from PUBLIC on other databases of a server is still taken.'],
  'cluster.open': ['warning', 'PUBLIC may connect to no other database of a server either.'],
  'line.unreachable': ['error', 'Applications reach every cluster, with the login that they are given.'],
  'line.pooler': ['error', 'The pooler that a cluster was registered with stands in front of it, and pools transactions.'],
  'line.tls': ['warning', 'Applications come to a cluster over TLS that they verify, unless it is on their machine.'],
  'line.holes': ['warning', 'The pooler has no published holes that matter with its settings.'],
  'database.missing': ['error', 'Every database of the catalog is there, and opens.'],
  'database.identity': ['error', 'A database is the one that the catalog means.'],
  'database.version': ['error', 'A database has the parts of this version of Tenantry, no fewer and no more.'],
  'walls.row-security': ['error', 'Every table of a tenant has row-level security, and its owner is bound by it.'],
  'walls.policy': ['error', 'The two policies of every such table are there, unchanged, and alone.'],
  'walls.revocation': ['error', 'PUBLIC has not got back what leads around a wall.'],
  'walls.gate': ['error', 'A home is as the gate of migrations would let it through.'],
  'assurance.unfinished': ['error', 'No change of the assurance of a database has stopped half-way.'],
  'assurance.differs': ['error', 'A database has the assurance that the catalog says.'],
  'assurance.identity': ['error', 'A database reads who was entered from where its assurance keeps it, for all of its tenants.'],
  'assurance.keys': ['error', 'A database believes the keys that applications sign with, and no others.'],
  'grants.public': ['error', 'PUBLIC has no right on anything of ours.'],
  'grants.login': ['error', "The application's logins have no right on data."],
  'grants.extra': ['error', 'Nobody has a right on a home or on platform tables but their own roles.'],
  'grants.missing': ['error', 'Roles have the rights that they need.'],
  'grants.elsewhere': ['error', 'No role of ours has a right on a schema that is not ours.'],
  'grants.parameter': ['error', 'No role of ours, and not PUBLIC, may change a setting that only a superuser may.'],
  'grants.default': ['error', 'Nothing is granted on what will be made next.'],
  'owners.wrong': ['error', 'Tables belong to the owner role, functions and views to the one that row-level security binds.'],
  'roles.missing': ['error', 'Every role of the platform is there.'],
  'roles.attributes': ['error', 'Only the logins can log in, and no role can do what it should not.'],
  'roles.password': ['error', 'The password of a login is the one that applications are given.'],
  'roles.powerful': ['warning', 'No other role is a superuser, bypasses row-level security or replicates, unless it is known to.'],
  'membership.missing': ['error', 'A login is a member of the roles of all homes on it.'],
  'membership.extra': ['error', 'Nobody else is a member of a role of ours, and no role of ours of another one.'],
  'membership.crowded': ['warning', 'A login is a member of at most 1,000 roles.'],
  'settings.dangerous': ['error', 'No setting of a role or database changes whose rows are seen, or where names are looked up.'],
  'settings.drift': ['warning', 'Settings of our roles and databases are those that we made.'],
  'settings.secret': ['error', 'No secret is set where every role of a server can read it.'],
  'code.changed': ['error', "Tenantry's own functions are as it made them."],
  'code.definer': ['error', 'Other functions that tenants may call with the rights of their owner have a safe search_path.'],
  'code.temporary': ['error', "No trigger runs code that lives in somebody's session."],
  'tables.foreign': ['error', 'Tenants reach no foreign table or server, and no extension that leads out of the database.'],
  'tables.policies': ['warning', 'Tables without a tenant column have no half of row-level security.'],
  'columns.sensitive': ['warning', 'No reference table shows tenants what is named like a secret.'],
  'extensions.place': ['warning', 'Extensions are in the schema ext.'],
  'extensions.outdated': ['advice', 'Extensions are at the version that the server has.'],
  'names.tenant': ['advice', "No schema or database bears its tenant's name."],
  'advice.foreign-key': ['advice', 'Foreign keys have an index.'],
  'advice.primary-key': ['advice', 'Tables without a tenant column have a primary key.'],
  'advice.duplicate-index': ['advice', 'No index is there twice.'],
  'advice.invalid-index': ['advice', 'No index is invalid.'],
  'advice.search-path': ['advice', 'Functions of the platform name their search_path.'],
  'advice.reg-type': ['advice', 'No column is of a type that pg_upgrade refuses.'],
  'stamp.sequence': ['error', 'The stamp of placements is there.'],
  'stamp.trigger': ['error', 'The triggers that renew the stamp are there and fire.'],
  'placement.differs': ['error', 'A placement in its database and its copy in the catalog agree.'],
  'placement.home': ['error', 'A placement leads to what its home says.'],
  'home.missing': ['error', 'Every home of the catalog is in its database.'],
  'home.service': ['warning', 'The configuration names every service that has a home.'],
  'home.beside': ['warning', 'Homes beside are whole, and go when their grace has ended.'],
  'orphan.schema': ['warning', 'No schema is left that the catalog does not know.'],
  'orphan.home': ['warning', 'No home is recorded in a database that the catalog does not know.'],
  'orphan.database': ['warning', 'No database is left that the catalog does not know.'],
  'orphan.role': ['warning', 'No role is left that the catalog does not know.'],
  'operation.abandoned': ['warning', 'Every operation that has not ended has a worker.'],
  'operation.paused': ['warning', 'No operation stands still until somebody goes on with it.'],
  'operation.stalled': ['warning', 'Every operation that has a worker gets on.'],
  'doctor.failed': ['error', 'Every check can be made.'],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>

export type Check = keyof typeof CHECKS

/** Makes what was found right again, in the database in which it was found. Repeatable, and never in the way of a newer worker. */
export type Repair = (database: Database, by: FencingToken) => Promise<void>

export interface Finding {
  readonly check: Check
  readonly severity: Severity
  /** `cluster/database/object`, as far as it goes. */
  readonly where: string
  readonly reason: string
  /** A command or a sentence. */
  readonly fix: string
  /** The rule of the advisor that it breaks. */
  readonly lint?: LintId
  /** There only where it is safe: it restores what Tenantry made, and takes nothing that somebody else may have meant. */
  readonly repair?: Repair
}

/** Something that is to be told: the fix is not ours to make. */
export const told = (check: Check, where: string, reason: string, fix: string, lint?: LintId): Finding => ({
  check,
  severity: CHECKS[check][0],
  where,
  reason,
  fix,
  ...(lint === undefined ? {} : { lint }),
})

/** Something that `--fix` repairs. */
export const repairable = (check: Check, where: string, reason: string, repair: Repair, lint?: LintId): Finding => ({
  ...told(check, where, reason, 'run `tenantry doctor --fix`', lint),
  repair,
})

// A wall that is raised under load waits for the scopes that are open, and all later ones wait behind it.
const REPAIR_LOCK_TIMEOUT_MS = 5_000

/** A repair in one transaction that an older worker cannot make. */
export const inTransaction =
  (body: (session: Session) => Promise<void>): Repair =>
  (database, by) =>
    database.transaction(async (session) => {
      await session.run(assertFence(by))
      await session.run(lockTimeout(REPAIR_LOCK_TIMEOUT_MS))
      await body(session)
    })

export const statements = (...all: readonly Sql[]): Repair =>
  inTransaction(async (session) => {
    for (const statement of all) await session.run(statement)
  })

/** The roles of one platform on a server, by what their names begin with. */
export const rolePrefix = (platformId: string): string => `tny_${platformId}_`

/** May the login that administers a cluster do everything there? */
export const isSuperuser = sql<{ superuser: boolean; me: string }>`
  select rolsuper as superuser, rolname::text as me from pg_catalog.pg_roles where rolname = current_user`
