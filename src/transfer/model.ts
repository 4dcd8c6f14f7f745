import type { Isolation } from '../catalog/homes.js'
import type { HomePlace } from '../isolation/model.js'
import type { Database } from '../postgres/session.js'
import type { Fact } from '../schema/drift/facts.js'

/** A column as it travels. */
export interface TransferColumn {
  readonly name: string
  /** As `format_type` writes it, without the name of the home's schema. */
  readonly type: string
}

/** A table with rows of a tenant: of its home, or one of the platform's that tenants have rows of. A partitioned table is one, its partitions are none. */
export interface TransferTable {
  readonly of: 'home' | 'platform'
  readonly name: string
  /** Those that are written: without the tenant column, and without generated ones. */
  readonly columns: readonly TransferColumn[]
  /** About how much there is to read, for showing progress and for beginning with the largest. In a shared home this is the table's, not the tenant's. */
  readonly bytes: number
}

export interface TransferSequence {
  readonly name: string
  /** As text: larger than a number holds. */
  readonly last: string
  /** Was `last` handed out? */
  readonly called: boolean
}

/** A place in the write-ahead log of the server that a snapshot was taken on. */
export interface WalPosition {
  readonly lsn: string
  /** Exactly what was committed before it is in the snapshot; otherwise at least that. */
  readonly exact: boolean
}

/** All that a snapshot knows besides the rows. Plain JSON: it is kept in archives. */
export interface SnapshotFacts {
  readonly tenant: string
  /** By the clock of the server. */
  readonly at: string
  readonly wal: WalPosition
  /** As `server_version_num`. */
  readonly serverVersion: number
  readonly isolation: Isolation
  /** Which migrations the home follows. */
  readonly track: string
  /** The schema version of the home. */
  readonly version: string
  readonly ledger: readonly { readonly version: string; readonly name: string; readonly checksum: string }[]
  /** The schema fingerprint: equal for homes that the same migrations have made. */
  readonly shape: string
  /** That of the home's tables. */
  readonly tenantColumn: string | null
  /** Referred tables before those that refer to them, where there is such an order. */
  readonly tables: readonly TransferTable[]
  readonly sequences: readonly TransferSequence[]
  readonly extensions: readonly { readonly name: string; readonly version: string }[]
}

/** The rows of a table in COPY's text format: UTF-8, dates in ISO form, times in UTC, floating-point numbers exact. */
export type ReadTable = (table: TransferTable) => AsyncIterable<Buffer>

/** What `apply` takes: a snapshot, or an archive of one. */
export interface TransferSource {
  readonly facts: SnapshotFacts
  readonly read: ReadTable
}

export interface TableFingerprint {
  readonly rows: string
  /** 128 bits as hexadecimal digits. */
  readonly sum: string
}

/** What a tenant's rows add up to. Neither the order of rows and columns, the tenant column, the isolation nor the server's version counts. */
export interface TenantFingerprint {
  /** By `streamName`. */
  readonly tables: Readonly<Record<string, TableFingerprint>>
  readonly whole: string
}

export interface Snapshot extends TransferSource {
  /** What migrations have made of the home, and comments; nothing of owners, rights and policies. `facts.shape` is made of it. */
  readonly definition: readonly Fact[]
  readonly fingerprint: () => Promise<TenantFingerprint>
  /** Repeatable. Whatever is still being read ends with an error. */
  readonly close: () => Promise<void>
}

/** A home, and a snapshot of it. */
export interface OpenHome {
  readonly database: Database
  readonly home: HomePlace
  readonly snapshot: Snapshot
}

/** What a table is called in archives and fingerprints; no two are called the same. */
export const streamName = (table: Pick<TransferTable, 'of' | 'name'>): string => `${table.of}.${table.name}`
