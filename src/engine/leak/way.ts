import type { Sql } from '../../kernel/sql.js'

export interface LeakTenant {
  readonly id: string
  readonly isolation: string
  /** Tenants of one database can come to share a server connection. */
  readonly database: string
}

export type Send = <Row>(statement: Sql<Row>) => Promise<readonly Row[]>

/** A way of reading and writing the rows of tenants: the library, or whatever it is compared with. `client` is the number of one of the meter's clients. */
export interface LeakWay {
  readonly name: string
  /** The table that it reads and writes: `owner` and `toucher` say whose a row is, `doomed` that it was to be rolled back. Default `parcel`. */
  readonly table?: string
  readonly tenants: readonly LeakTenant[]
  /** One statement for a tenant. */
  readonly one: <Row>(client: number, tenant: LeakTenant, statement: Sql<Row>) => Promise<readonly Row[]>
  /** Several statements for a tenant that belong together. */
  readonly several: (client: number, tenant: LeakTenant, body: (send: Send) => Promise<void>) => Promise<void>
  /** What a superuser finds in all homes. */
  readonly stored: () => Promise<LeakStored>
}

export interface LeakStored {
  readonly rows: number
  /** Rows that lie with another tenant than the one that they were written or changed for. */
  readonly misplaced: number
  /** Rows of units that were rolled back. */
  readonly doomed: number
}
