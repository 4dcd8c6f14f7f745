import type { SnapshotFacts } from '../model.js'

export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet', 'sql'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportedTable {
  /** As the tenant's application calls it; tables of the platform begin with `platform.`. */
  readonly table: string
  /** Relative to the folder of the export, with slashes. */
  readonly file: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: number
}

export interface ExportedFile {
  readonly file: string
  readonly bytes: number
  /** In hexadecimal digits. */
  readonly sha256: string
}

/** What `export.json` says: enough to read the export without us, and to take it in again. */
export interface ExportManifest {
  readonly format: 'tenantry-export'
  readonly version: 1
  readonly as: ExportFormat
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string }
  readonly snapshot: Pick<SnapshotFacts, 'at' | 'wal' | 'serverVersion' | 'version' | 'tenantColumn' | 'sequences'>
  readonly tables: readonly ExportedTable[]
  readonly files: readonly ExportedFile[]
  /** What is not in it, in words. */
  readonly leftOut: readonly string[]
}
