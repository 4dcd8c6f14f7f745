import type { Isolation } from '../../catalog/homes.js'
import type { Assurance } from '../../kernel/assurance.js'
import type { Residual } from './residuals.js'

/**
 * Where the attacker is. P1: any SQL in the tenant's role, in its transaction. P2: an expression injected into one statement. P3: another client of the
 * pooled connection. P4: a caller with another tenant's key. P5: a forged name of a tenant. P6: the author of a migration. P7: whoever has the application's
 * login, or an operator's key of a narrower role.
 */
export type Position = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7'

/**
 * `transaction`: in the attacker's transaction, on a plain connection that has entered as the client does; and once more through the client.
 * `scope`: through the client only. `login`: on a plain connection of the application's login that has entered nobody. `pool`: in a transaction on a
 * connection that the victim has used before and uses afterwards. `client`: what an application hands to the client. `migration`: a file for the attacker's home.
 * `api`: a request to the HTTP API.
 */
export type Stand = 'transaction' | 'scope' | 'login' | 'pool' | 'client' | 'migration' | 'api'

/**
 * How it ends: the SQLSTATEs or fault codes that refuse it, `ok` when it may run since nothing of the other tenant comes of it, or the residual that
 * it is part of.
 */
export type Ending = readonly string[] | { readonly residual: Residual }

type Place = Isolation | Assurance | `${Isolation}/${Assurance}`

/** One ending for all, or endings by isolation, by assurance, or by both; the nearest counts. */
export type Expected = Ending | { readonly [place in Place | 'otherwise']?: Ending }

/** One attack of one tenant on another, as data. In its SQL, names in braces stand for those of the two tenants (see `Names`). */
export interface Attack {
  readonly id: string
  readonly title: string
  readonly position: Position
  readonly from: Stand
  /** Each is sent as one message, whatever became of the one before. */
  readonly does: readonly string[]
  readonly expected: Expected
  /** In a project without a tenant column, where that ends otherwise. */
  readonly columnless?: Expected
  /** Through the client, where that is not what follows from the words that the statements begin with. */
  readonly scope?: Expected
  /** An oracle: done instead of it, this must look the same to whoever asks. */
  readonly instead?: readonly string[]
  /** What the victim has done on the same connection before. */
  readonly before?: readonly string[]
  /** What the victim does on the same connection afterwards; it must answer as it does on a fresh one. */
  readonly afterwards?: string
  /** In which database a login stands, on a connection of its own. Default: that of the attacker, on the one that it has. */
  readonly at?: 'own' | 'other' | 'maintenance' | 'catalog'
  /** Commits, so that what it did can be seen from outside. It names nothing but what belongs to the two tenants. */
  readonly keeps?: true
  /** What COPY FROM STDIN is fed. */
  readonly feeds?: string
  /** Text that must never come to the attacker, beside everything of the victim's. */
  readonly never?: string
  readonly isolations?: readonly Isolation[]
  readonly assurances?: readonly Assurance[]
  /** Without it the attack means nothing. */
  readonly needs?: 'hardened' | 'tenant column' | 'closed server'
  /** Only these minors, or later ones, stop it, by major. */
  readonly stoppedBy?: Readonly<Record<number, number>>
  /** The request, for `api`; its answers are told as `404 TENANT_NOT_FOUND`. */
  readonly request?: ApiRequest
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** Whose key it bears; the tenant-admin is the attacker's. Default: an operator's. */
  readonly key?: 'tenant-admin' | 'viewer' | 'operator' | 'none'
  readonly json?: unknown
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What stands for the names in braces. */
export const NAMES = [
  // Schemas, ids, roles and databases of the attacker and of the victim.
  'own',
  'other',
  'me',
  'them',
  'my role',
  'their role',
  'my database',
  'their database',
  // The tenant column, and the columns of a primary key.
  'column',
  'key',
  // The setting that says whose transaction it is, and its value for the victim.
  'setting',
  'their context',
  // Roles of the platform.
  'login',
  'owner',
  'code',
  'tenants',
  // What whoever enters the victim passes.
  'epoch',
  'version',
  'database id',
  // A backend of the victim's, an object of the victim's, and something of the victim's that it may hand to nobody.
  'pid',
  'large object',
  'canary',
] as const

export type Names = Readonly<Record<(typeof NAMES)[number], string>>

/** The text with names in place of their braces. */
export const fill = (text: string, names: Names): string =>
  text.replace(/\{([a-z ]+)\}/g, (braces, name: string) => (Object.hasOwn(names, name) ? names[name as keyof Names] : braces))

const isEnding = (expected: Expected): expected is Ending => Array.isArray(expected) || 'residual' in expected

/** How an attack ends here. */
export function endingAt(expected: Expected, isolation: Isolation, assurance: Assurance): Ending {
  if (isEnding(expected)) return expected
  return expected[`${isolation}/${assurance}`] ?? expected[assurance] ?? expected[isolation] ?? expected.otherwise ?? []
}

type Row = readonly [id: string, title: string, does: string | readonly string[], expected: Expected, more?: Partial<Attack>]

/** A table of attacks that have their position in common. */
export const attacks = (common: Pick<Attack, 'position' | 'from'> & Partial<Attack>, rows: readonly Row[]): readonly Attack[] =>
  rows.map(([id, title, does, expected, more]) => ({
    id,
    title,
    does: typeof does === 'string' ? [does] : does,
    expected,
    ...common,
    ...more,
  }))

export const DENIED = ['42501'] as const

/** A table, or its schema: which of the two is told depends on the statement. */
export const NOT_THERE = ['42P01', '3F000'] as const

/** Of a table that both have, by the victim's schema: hidden rows, a schema that may not be used, or one that is not there. */
export const FOREIGN: Expected = { shared: ['ok'], schema: DENIED, database: NOT_THERE }

/** The same where the table itself may not be used in that way. */
export const FOREIGN_DENIED: Expected = { shared: DENIED, schema: DENIED, database: NOT_THERE }

export const residual = (which: Residual): Ending => ({ residual: which })
