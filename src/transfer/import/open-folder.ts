import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { fault, isFault } from '../../kernel/faults.js'
import { csvRows } from './csv-rows.js'
import { jsonLines, textOfJson } from './json-rows.js'
import type { ImportRow, ImportTable } from './model.js'
import { bytesOf, pathIn, textOf } from './read-text.js'

const MANIFEST = 'export.json'
const MOST_MANIFEST_BYTES = 64 * 1024 * 1024

// Of what we wrote once, or somebody else says that we did: only what is used is asked for.
const manifestShape = z.object({
  format: z.literal('tenantry-export'),
  version: z.literal(1),
  as: z.string(),
  tables: z
    .array(
      z.object({
        table: z.string().min(1).max(200),
        file: z.string().min(1).max(400),
        columns: z.array(z.object({ name: z.string().min(1).max(63) })).max(1_600),
      }),
    )
    .max(100_000),
  files: z.array(z.object({ file: z.string(), bytes: z.number(), sha256: z.string() })).max(100_000),
})

/** The tables of an export, or of a folder with a file for each table. Nothing is read of the rows but for what a manifest vouches for. Throws IMPORT_…. */
export async function openImport(folder: string): Promise<readonly ImportTable[]> {
  const unreadable = (reason: string) => fault('IMPORT_UNREADABLE', { path: folder, reason })
  const found = await lstat(folder).catch((error: { code?: string }) => {
    throw unreadable(error.code === 'ENOENT' ? 'it is not there' : (error.code ?? 'unknown'))
  })
  if (!found.isDirectory()) throw unreadable('it is not a folder')
  const names = (await readdir(folder)).sort()
  const tables = names.includes(MANIFEST) ? await named(folder, unreadable) : names.flatMap(byName)
  if (tables.length === 0) throw unreadable('there is no file for a table in it')
  const twice = tables.find(({ table }, i) => tables.slice(0, i).some((other) => other.table === table))
  if (twice !== undefined) throw unreadable(`there are two files for the table ${twice.table}`)
  return Promise.all(tables.map((one) => openTable(folder, one)))
}

interface Named {
  readonly table: string
  readonly file: string
  /** As a manifest says. */
  readonly columns?: readonly { readonly name: string }[]
}

const byName = (file: string): readonly Named[] => {
  const [, table] = /^([^.].*)\.(?:csv|ndjson)$/.exec(file) ?? []
  return table === undefined ? [] : [{ table, file }]
}

async function named(folder: string, unreadable: (reason: string) => Error): Promise<readonly Named[]> {
  if ((await lstat(join(folder, MANIFEST))).size > MOST_MANIFEST_BYTES)
    throw fault('IMPORT_TOO_LARGE', { file: MANIFEST, reason: `it has more than ${MOST_MANIFEST_BYTES} bytes` })
  let text = ''
  for await (const chunk of textOf(folder, MANIFEST)) text += chunk
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    throw unreadable(`${MANIFEST} is not JSON`)
  }
  const parsed = manifestShape.safeParse(given)
  if (!parsed.success) throw unreadable(`${MANIFEST} is not that of an export of this version`)
  const { as, tables, files } = parsed.data
  if (as !== 'csv' && as !== 'ndjson') throw unreadable(`it was exported as ${as}, which only other programs read`)
  for (const { file, bytes, sha256 } of files) await assertUnchanged(folder, file, bytes, sha256)
  const known = new Set(files.map(({ file }) => file))
  const stranger = tables.find(({ file }) => !known.has(file))
  if (stranger !== undefined) throw fault('IMPORT_CHANGED', { file: stranger.file, reason: 'no digest of it is named' })
  return tables
}

async function assertUnchanged(folder: string, file: string, bytes: number, sha256: string): Promise<void> {
  const { size } = await lstat(await pathIn(folder, file)).catch((error: { code?: string }) => {
    if (isFault(error)) throw error
    throw fault('IMPORT_PATH', { path: file, reason: error.code === 'ENOENT' ? 'it is not there' : (error.code ?? 'unknown') })
  })
  const hash = createHash('sha256')
  for await (const chunk of bytesOf(folder, file)) hash.update(chunk)
  if (size !== bytes) throw fault('IMPORT_CHANGED', { file, reason: `it has ${size} bytes in place of ${bytes}` })
  if (hash.digest('hex') !== sha256) throw fault('IMPORT_CHANGED', { file, reason: 'its SHA-256 is another' })
}

async function openTable(folder: string, { table, file, columns: told }: Named): Promise<ImportTable> {
  if (file.endsWith('.ndjson')) {
    const keys = new Set<string>(told?.map(({ name }) => name))
    if (told === undefined)
      for await (const { values } of jsonLines(textOf(folder, file), file)) for (const key of values.keys()) keys.add(key)
    return { table, file, columns: [...keys], rows: (jsonb) => ofJson(folder, file, [...keys], jsonb) }
  }
  let head: ImportRow | undefined
  for await (const row of csvRows(textOf(folder, file), file)) {
    head = row
    break
  }
  if (head === undefined) throw fault('IMPORT_MALFORMED', { file, line: 1, reason: 'its first line must name the columns' })
  const names = head.values.length === 1 && head.values[0] === null ? [] : head.values.map((name) => name ?? '')
  return { table, file, columns: names, rows: () => ofCsv(folder, file, names.length) }
}

async function* ofCsv(folder: string, file: string, columns: number): AsyncGenerator<ImportRow, void> {
  let first = true
  for await (const row of csvRows(textOf(folder, file), file)) {
    if (first) {
      first = false
      continue
    }
    const { line } = row
    const values = columns === 0 && row.values.length === 1 && row.values[0] === null ? [] : row.values
    if (values.length !== columns)
      throw fault('IMPORT_MALFORMED', { file, line, reason: `it has ${values.length} values where ${columns} columns are named` })
    yield { line, values }
  }
}

async function* ofJson(
  folder: string,
  file: string,
  columns: readonly string[],
  jsonb: ReadonlySet<string>,
): AsyncGenerator<ImportRow, void> {
  const known = new Set(columns)
  for await (const { line, values } of jsonLines(textOf(folder, file), file)) {
    for (const key of values.keys())
      if (!known.has(key))
        throw fault('IMPORT_MALFORMED', { file, line, reason: `no column ${JSON.stringify(key.slice(0, 100))} is named` })
    const texts = columns.map((name) => textOfJson(values.get(name), jsonb.has(name)))
    const bad = texts.find((text) => text !== null && UNSTORABLE.test(text))
    if (bad !== undefined) throw fault('IMPORT_TEXT', { file, line, reason: 'there is a U+0000, or one half of a letter' })
    yield { line, values: texts }
  }
}

// A surrogate without the other would become another letter on the way, in silence.
const UNSTORABLE = /\0|\p{Cs}/u
