import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { readText } from './read-text.js'

/** One migration as its file says it. */
export interface Migration {
  /** Digits that order the files; UTC `yyyymmddhhmmss` by convention. */
  readonly version: string
  readonly title: string
  /** The path as messages name it. */
  readonly file: string
  readonly up: string
  /** The line of the file that `up` begins on, counted from 1. */
  readonly upLine: number
  readonly down: string | undefined
  /** SHA-256 over the file with LF line ends and no BOM, so that a checkout on another system is no edit. */
  readonly checksum: string
}

const DBMATE = /^(\d{1,20})_([a-z0-9_]+)\.sql$/
const PAIR = /^(\d{1,20})_([a-z0-9_]+)\.(up|down)\.sql$/

/** Reads `<folder>/<kind>` in order. A folder that does not exist has no migrations. Throws MIGRATION_INVALID on a file that cannot be one. */
export async function readMigrations(folder: string, kind: 'tenant' | 'platform'): Promise<readonly Migration[]> {
  const directory = join(folder, kind)
  return readFiles(directory, kind, (await sqlFilesIn(directory, kind)) ?? [])
}

/**
 * Reads the migrations of a service: the files of its folder, or of `tenant/` in it. Throws MIGRATION_INVALID on a file that cannot be one, when there is no
 * such folder, and when there are files in both places.
 */
export async function readServiceMigrations(service: string, folder: string): Promise<readonly Migration[]> {
  const directory = await serviceFolder(service, folder)
  const names = await sqlFilesIn(directory, service)
  if (names !== undefined) return readFiles(directory, service, names)
  const reason = `there is no such folder as the configuration names; \`tenantry migrate new TITLE --service ${service}\` makes it with a first file`
  throw fault('MIGRATION_INVALID', { file: `${service}/`, reason })
}

/** Where the migrations of a service are. */
export async function serviceFolder(service: string, folder: string): Promise<string> {
  const inner = join(folder, 'tenant')
  const [direct, nested] = [await sqlFilesIn(folder, service), await sqlFilesIn(inner, `${service}/tenant`)]
  if (nested === undefined) return folder
  if (direct !== undefined && direct.length > 0)
    throw fault('MIGRATION_INVALID', {
      file: `${service}/${direct[0]}`,
      reason: `lies beside the folder tenant/, in which files are looked for`,
    })
  return inner
}

/** Undefined when there is no such folder. */
async function sqlFilesIn(directory: string, label: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw fault('MIGRATION_INVALID', { file: `${label}/`, reason: 'the folder cannot be read' })
  }
}

async function readFiles(directory: string, label: string, names: readonly string[]): Promise<readonly Migration[]> {
  const read = await Promise.all(names.filter((name) => !name.endsWith('.down.sql')).map((name) => readOne(directory, label, name, names)))
  const found = new Map<string, Migration>()
  for (const migration of read) {
    const twin = found.get(migration.version)
    if (twin !== undefined) throw fault('MIGRATION_INVALID', { file: migration.file, reason: `has the same version as ${twin.file}` })
    found.set(migration.version, migration)
  }
  return [...found.values()].sort((a, b) => compareVersions(a.version, b.version))
}

/** Versions are numbers of any length: shorter is older. */
export const compareVersions = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

/** A digest over what a home has applied, in order. Equal digests mean equal ledgers, so one query finds the homes that are behind. */
export function ledgerDigest(applied: readonly { readonly version: string; readonly checksum: string }[]): string {
  const hash = createHash('sha256')
  for (const { version, checksum } of applied) hash.update(`${version}:${checksum}\n`)
  return applied.length === 0 ? '' : hash.digest('hex')
}

/** The same for platform tables, whose grants also follow from which columns are hidden. */
export function platformDigest(
  applied: readonly { readonly version: string; readonly checksum: string }[],
  hidden: Readonly<Record<string, readonly string[]>>,
): string {
  const columns = Object.entries(hidden).flatMap(([table, names]) => names.map((name) => `${table}.${name}`))
  return columns.length === 0
    ? ledgerDigest(applied)
    : createHash('sha256')
        .update([ledgerDigest(applied), ...columns.sort()].join('\n'))
        .digest('hex')
}

async function readOne(directory: string, label: string, name: string, names: readonly string[]): Promise<Migration> {
  const file = `${label}/${name}`
  const text = await textOf(directory, name, file)
  const pair = PAIR.exec(name)
  if (pair !== null) {
    const downName = name.replace(/\.up\.sql$/, '.down.sql')
    const down = names.includes(downName) ? await textOf(directory, downName, file) : undefined
    return finish({ file, version: pair[1]!, title: pair[2]!, up: text, upLine: 1, down, whole: text + (down ?? '') })
  }
  const single = DBMATE.exec(name)
  if (single === null)
    throw fault('MIGRATION_INVALID', { file, reason: 'is not named <version>_<title>.sql, with digits, then lower-case words joined by _' })
  return finish({ file, version: single[1]!, title: single[2]!, ...sections(text, file), whole: text })
}

const textOf = (directory: string, name: string, file: string): Promise<string> =>
  readText(
    join(directory, name),
    (reason, cause) => fault('MIGRATION_INVALID', { file, reason }, { cause }),
    'data is loaded by a program, not by a migration',
  )

function finish(parts: Omit<Migration, 'checksum'> & { whole: string }): Migration {
  const { whole, ...migration } = parts
  return { ...migration, checksum: createHash('sha256').update(whole).digest('hex') }
}

/** The sections of a file as dbmate writes it. */
function sections(text: string, file: string): { up: string; upLine: number; down: string | undefined } {
  const lines = text.split('\n')
  const at = (marker: string): number => lines.findIndex((line) => line.startsWith(`-- migrate:${marker}`))
  const [upAt, downAt] = [at('up'), at('down')]
  if (upAt < 0) throw fault('MIGRATION_INVALID', { file, reason: 'has no line "-- migrate:up"' })
  if (downAt >= 0 && downAt < upAt) throw fault('MIGRATION_INVALID', { file, reason: 'has its down section before its up section' })
  if (lines[upAt]!.includes('transaction:false')) {
    throw fault('MIGRATION_INVALID', {
      file,
      reason: 'asks for transaction:false; every migration runs in one transaction with its ledger entry',
    })
  }
  return {
    up: lines.slice(upAt + 1, downAt < 0 ? undefined : downAt).join('\n'),
    upLine: upAt + 2,
    down: downAt < 0 ? undefined : lines.slice(downAt + 1).join('\n'),
  }
}
