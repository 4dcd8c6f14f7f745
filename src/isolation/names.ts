import { fault } from '../kernel/faults.js'
import { shortId } from '../kernel/identifiers.js'

/** The cluster-wide roles of one platform. Their names carry its id, since several platforms may share a server. */
export interface RoleNames {
  /** Owns tenant tables and runs migrations; sees every row; cannot log in. */
  readonly owner: string
  /** Owns functions and views: what tenants execute runs with this role's rights, which has no way around RLS; cannot log in. */
  readonly code: string
  /** Every home's role is a member: what all tenants may do (tenantry.tenant(), platform tables, extensions); cannot log in. */
  readonly tenant: string
  /** The application's login at the catalog: may resolve placements, nothing else. */
  readonly resolver: string
  /** A pooler's own login: may ask for the verifiers of the application's logins, nothing else. There only where a pooler asks. */
  readonly pooler: string
}

export const roleNames = (platformId: string): RoleNames => ({
  owner: `tny_${platformId}_owner`,
  code: `tny_${platformId}_code`,
  tenant: `tny_${platformId}_tenant`,
  resolver: `tny_${platformId}_resolver`,
  pooler: `tny_${platformId}_pooler`,
})

/**
 * The n-th login of the application on a cluster, counted from 1. One login is a member of at most 1,000 homes' roles: beyond that the first
 * `set role` of each backend after any change of membership costs tens of milliseconds.
 */
export const loginName = (platformId: string, n: number): string => `tny_${platformId}_app${n}`
export const MEMBERSHIPS_PER_LOGIN = 1_000

/**
 * Logins come in pairs (1 and 2, 3 and 4, …), so that credentials can be rotated while both work: a cluster uses one side of all its pairs, 1 for the
 * odd and 2 for the even.
 */
export const pairedLogin = (platformId: string, pair: number, side: 1 | 2): string => loginName(platformId, 2 * (pair - 1) + side)

/** The login of a home whose database lets nobody else in. */
export const ownLogin = (platformId: string, homeId: string, side: 1 | 2): string => `tny_${platformId}_app_${shortId(homeId)}_${side}`

/** The other login of the same pair. */
export const otherLogin = (login: string): string =>
  login.replace(/\d+$/, (digits) => String(Number(digits) % 2 === 1 ? Number(digits) + 1 : Number(digits) - 1))

/** The role that scopes of a home's tenants run as. */
export const homeRole = (platformId: string, homeId: string): string => `tny_${platformId}_h_${shortId(homeId)}`

/** The schema of a home (or the database of a home that has one of its own), from the configured pattern: `{id}` or `{number:4}`. */
export function objectName(pattern: string, home: { readonly id: string; readonly number: number }): string {
  const name = pattern
    .replaceAll('{id}', shortId(home.id))
    .replace(/\{number(?::(\d))?\}/g, (_, width: string | undefined) => String(home.number).padStart(Number(width ?? 1), '0'))
  if (Buffer.byteLength(name) > 63)
    throw fault('INPUT_INVALID', { issues: [`the naming pattern "${pattern}" makes names of over 63 bytes`] })
  return name
}

/** The schema of platform tables in every tenant-bearing database, and that of extensions. */
export const PLATFORM_SCHEMA = 'platform'
export const EXTENSION_SCHEMA = 'ext'

/** Where a pooler asks, and what (sql/home). Qualified, so that no search_path decides which function it is. */
export const POOLER_SCHEMA = 'tenantry_pooler'
export const POOLER_QUERY = `SELECT login, verifier FROM ${POOLER_SCHEMA}.login_v1($1)`
