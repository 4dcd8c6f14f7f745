import { homeRole, loginName, ownLogin, roleNames } from './names.js'

/** A role that Tenantry makes, or is given, with what it may do. */
export interface ModelledRole {
  /** With `<id>` for the platform's six characters. */
  readonly name: string
  readonly logsIn: boolean
  /** Does row-level security bind it? */
  readonly bound: boolean
  readonly may: string
  readonly because: string
}

const names = roleNames('<id>')
const HOME = '00000000-0000-4000-8000-000000000000'

/** Every role, from the one that may most to those that may least. The page docs/roles.md is made of this. */
export const ROLE_MODEL: readonly ModelledRole[] = [
  {
    name: 'the administrator (yours)',
    logsIn: true,
    bound: false,
    may: 'all that the connection string of the cluster lets it do; a superuser raises all walls, with CREATEROLE and CREATEDB a cluster is unhardened',
    because: 'the control plane makes databases, roles, schemas and grants with it; no application ever has it',
  },
  {
    name: names.owner,
    logsIn: false,
    bound: false,
    may: 'owns the tables of tenants and runs their migrations',
    because:
      'a migration that does not see every row updates nothing and validates foreign keys over orphans, both in silence; nobody can log in as it, and nothing that a tenant can run belongs to it',
  },
  {
    name: names.code,
    logsIn: false,
    bound: true,
    may: 'owns functions and views; may use what they use',
    because:
      'what a tenant can run as somebody else runs as a role that row-level security binds: so a function that verifies a password may read the column that no tenant may',
  },
  {
    name: names.tenant,
    logsIn: false,
    bound: true,
    may: 'what every tenant may: know who it is, read reference tables, use its rows of platform tables except hidden columns, use extensions',
    because: 'the role of every home is a member, so this is said once',
  },
  {
    name: homeRole('<id>', HOME).replace(/_h_.*/, '_h_<home>'),
    logsIn: false,
    bound: true,
    may: 'select, insert, update and delete in the tables of one home; nothing can be made, truncated, locked away or granted on',
    because: 'a scope runs as it; one home is one schema, and so one role',
  },
  {
    name: loginName('<id>', 1).replace(/1$/, '<n>'),
    logsIn: true,
    bound: true,
    may: 'connect to databases with tenants, enter a tenant, and change into the roles of the homes that it is a member of (1,000 at most); no data by itself',
    because: 'applications log in with it; two of a pair, so that credentials are rotated without an outage',
  },
  {
    name: ownLogin('<id>', HOME, 1).replace(/_app_.*/, '_app_<home>_<1|2>'),
    logsIn: true,
    bound: true,
    may: 'the same in the database of one home alone, which lets no other login in',
    because:
      'the assurance `dedicated`: who has the login of one tenant cannot come to another; its password is derived from the secret and its name',
  },
  {
    name: names.resolver,
    logsIn: true,
    bound: true,
    may: 'ask the catalog where a tenant lives; no table of it can be read',
    because: 'applications log in with it at the catalog',
  },
  {
    name: names.pooler,
    logsIn: true,
    bound: true,
    may: "ask for the SCRAM verifier of one of the application's logins in the database that it is in; nothing else",
    because:
      'PgBouncer lets applications in without a list of passwords (auth_query); there only where a cluster was added with --pooler-secret',
  },
]
