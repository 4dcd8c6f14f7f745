import type { HomePlace } from '../../isolation/model.js'
import type { Database } from '../../postgres/session.js'
import type { OpenHome, Snapshot, TransferTable } from '../model.js'
import { titleOf } from '../target.js'
import { csvOf } from './csv.js'
import { definitionsOf } from './definitions.js'
import { type Draft, openDraft } from './draft.js'
import { fileNames } from './file-names.js'
import type { ExportedFile, ExportedTable, ExportFormat, ExportManifest } from './model.js'
import { ndjsonOf } from './ndjson.js'
import { parquetOf } from './parquet.js'
import { readmeOf } from './readme.js'
import { scriptOf } from './sql-script.js'

export interface ExportOptions {
  readonly as: ExportFormat
  /** The folder that is made. */
  readonly to: string
  readonly tenant: ExportManifest['tenant']
  /** How many connections read at once, at most. */
  readonly lanes: number
  /** Aborted when nobody wants it any more: then nothing is left. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: (progress: ExportProgress) => void
  /** Called at its borders (`begun`, `written`, `published`), for drills. */
  readonly atBorder?: (border: string) => Promise<void>
}

export interface ExportProgress {
  readonly tables: { readonly done: number; readonly total: number }
  readonly rows: number
  /** That were written. */
  readonly bytes: number
}

/**
 * Writes what a tenant has, as of one moment, into a new folder that other programs read. The folder is there when it is whole, and not before. What is
 * opened is closed. Throws EXPORT_EXISTS, EXPORT_UNWRITABLE, EXPORT_ROW_TOO_LARGE, and what a snapshot throws.
 */
export async function exportTenant(open: () => Promise<OpenHome>, options: ExportOptions): Promise<ExportManifest> {
  const draft = await openDraft(options.to, options.signal)
  let snapshot: Snapshot | undefined
  try {
    await options.atBorder?.('begun')
    const { database, home, ...opened } = await open()
    snapshot = opened.snapshot
    const work: Work = { draft, snapshot, options, count: counter(snapshot.facts.tables.length, options), signal: options.signal }
    const written = options.as === 'sql' ? await writeScript(work, database, home) : await writeTables(work, options.as)
    const { at, wal, serverVersion, version, tenantColumn, sequences } = snapshot.facts
    const manifest: ExportManifest = {
      format: 'tenantry-export',
      version: 1,
      as: options.as,
      tenant: options.tenant,
      snapshot: { at, wal, serverVersion, version, tenantColumn, sequences },
      ...written,
    }
    await draft.write('export.json', one(`${JSON.stringify(manifest, null, 2)}\n`))
    await draft.write('README.md', one(readmeOf(manifest)))
    options.signal?.throwIfAborted()
    await options.atBorder?.('written')
    await draft.publish()
    await options.atBorder?.('published')
    return manifest
  } finally {
    await snapshot?.close()
    await draft.discard()
  }
}

interface Work {
  readonly draft: Draft
  readonly snapshot: Snapshot
  readonly options: ExportOptions
  readonly count: Counter
  readonly signal: AbortSignal | undefined
}

type Written = Pick<ExportManifest, 'tables' | 'files' | 'leftOut'>

const WRITERS = { csv: csvOf, ndjson: ndjsonOf, parquet: parquetOf } as const

/** A file for each table, the largest first, so that no lane is left with one at the end. */
async function writeTables(work: Work, as: keyof typeof WRITERS): Promise<Written> {
  const { draft, snapshot, options, count } = work
  const { tables } = snapshot.facts
  const names = fileNames(tables.map(titleOf), as)
  const files = new Map<TransferTable, ExportedFile>()
  const queue = [...tables].sort((a, b) => b.bytes - a.bytes)
  let failure: { readonly error: unknown } | undefined
  await Promise.all(
    Array.from({ length: Math.max(1, Math.min(options.lanes, queue.length)) }, async () => {
      try {
        for (let table = queue.shift(); table !== undefined && failure === undefined; table = queue.shift()) {
          const current = table
          const chunks = WRITERS[as](snapshot.read(current), current, (rows) => count.rows(current, rows))
          files.set(current, await draft.write(`tables/${names.get(titleOf(current))}`, watched(work, chunks)))
          count.table()
        }
      } catch (error) {
        failure ??= { error }
        // Whoever still reads would go on for as long as there are rows.
        await snapshot.close()
      }
    }),
  )
  if (failure !== undefined) throw failure.error
  return {
    tables: tables.map((table) => exported(table, files.get(table)!.file, count)),
    files: tables.map((table) => files.get(table)!),
    leftOut: ['columns that the database works out from others', 'tables, keys and indexes as such: export with --format sql for those'],
  }
}

async function writeScript(work: Work, database: Database, home: HomePlace): Promise<Written> {
  const { draft, snapshot, count } = work
  const definitions = await definitionsOf(database, home, snapshot.facts)
  const file = 'restore.sql'
  const script = scriptOf(snapshot, definitions, (table, rows) => count.rows(table, rows))
  const written = await draft.write(file, watched(work, script))
  return {
    tables: snapshot.facts.tables.map((table) => exported(table, file, count)),
    files: [written],
    leftOut: definitions.leftOut,
  }
}

const exported = (table: TransferTable, file: string, count: Counter): ExportedTable => ({
  table: titleOf(table),
  file,
  columns: table.columns,
  rows: count.of(table),
})

async function* watched({ count, signal }: Work, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    yield chunk
    count.bytes(chunk.length)
  }
}

async function* one(text: string): AsyncGenerator<Buffer, void> {
  yield Buffer.from(text)
}

interface Counter {
  readonly rows: (table: TransferTable, rows: number) => void
  readonly bytes: (bytes: number) => void
  readonly table: () => void
  readonly of: (table: TransferTable) => number
}

function counter(total: number, { onProgress }: ExportOptions): Counter {
  const counted = new Map<TransferTable, number>()
  let [done, rows, bytes] = [0, 0, 0]
  const tell = (): void => onProgress?.({ tables: { done, total }, rows, bytes })
  return {
    rows: (table, more) => {
      counted.set(table, (counted.get(table) ?? 0) + more)
      rows += more
    },
    bytes: (more) => {
      bytes += more
      tell()
    },
    table: () => {
      done++
      tell()
    },
    of: (table) => counted.get(table) ?? 0,
  }
}
