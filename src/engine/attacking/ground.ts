import type { Isolation } from '../../catalog/homes.js'
import type { Attack, Names } from '../../isolation/attacks/attack.js'
import type { Assurance } from '../../kernel/assurance.js'
import type { Sql } from '../../kernel/sql.js'
import type { Heard, RawLine } from '../../postgres/raw-line.js'

export type Who = 'attacker' | 'victim'

/** What an independent look finds: who is neither of the two, and asks the server. */
export interface Look {
  /** Of the victim's rows. */
  readonly victim: string
  /** Of everything that keeps the two apart. */
  readonly walls: string
  /** Of the attacker's rows. */
  readonly own: string
  /** Rows of the attacker's that hold something of the victim's. */
  readonly stolen: number
}

/** Two tenants on a server, and whatever stands between them. */
export interface Ground {
  readonly isolation: Isolation
  readonly assurance: Assurance
  /** As `server_version_num`. */
  readonly version: number
  readonly names: Names
  /** What attacks may need. */
  readonly has: ReadonlySet<string>
  /** Is it something of the victim's, or what nobody may read? */
  readonly isForeign: (text: string) => boolean
  /** A connection of the application's login with nothing in between. Throws as the server refuses it. */
  readonly line: (at: NonNullable<Attack['at']>) => Promise<RawLine>
  /** Begins a transaction, and enters the tenant as the client does. */
  readonly enter: (line: RawLine, who: Who) => Promise<Heard>
  /** The same statements through the client, in one transaction, which is committed if it is to be kept. */
  readonly scope?: (who: Who, statements: readonly Sql[], keeps: boolean) => Promise<Heard>
  /** Opens a scope of whatever an application takes for a tenant. */
  readonly client?: (ref: string) => Promise<Heard>
  /** Lets the attacker's home be migrated by this file. */
  readonly migrate?: (up: string) => Promise<Heard>
  readonly look: () => Promise<Look>
  /** Makes everything as it was. */
  readonly mend: () => Promise<void>
}
