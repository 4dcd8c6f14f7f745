import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { checksumOf, compareVersions, isRepeatable, type Migration, repeatableVersion } from './migration.js'
import { readText } from './read-text.js'
import { markerOf, PLAIN, readOptions, type SectionOptions } from './section-options.js'

export type { Migration } from './migration.js'
export { compareVersions, ledgerDigest, newestVersion, platformDigest } from './migration.js'

const DBMATE = /^(\d{1,20})_([a-z0-9_]+)\.sql$/
const REPEATABLE = /^R__([a-z0-9_]+)\.sql$/
const PROGRAM = /^(\d{1,20})_([a-z0-9_]+)\.(ts|js|mjs)$/
const PAIR = /^(\d{1,20})_([a-z0-9_]+)\.(up|down)\.sql$/

/**
 * Reads `<folder>/<kind>` in the order in which they run: by version, then the repeatable ones by name. A folder that does not exist has no migrations.
 * Throws MIGRATION_INVALID on a file that cannot be one.
 */
export async function readMigrations(folder: string, kind: 'tenant' | 'platform'): Promise<readonly Migration[]> {
  const directory = join(folder, kind)
  return readFiles(directory, kind, (await filesIn(directory, kind)) ?? [])
}

/**
 * Reads the migrations of a service: the files of its folder, or of `tenant/` in it. Throws MIGRATION_INVALID on a file that cannot be one, when there is no
 * such folder, and when there are files in both places.
 */
export async function readServiceMigrations(service: string, folder: string): Promise<readonly Migration[]> {
  const directory = await serviceFolder(service, folder)
  const names = await filesIn(directory, service)
  if (names !== undefined) return readFiles(directory, service, names)
  const reason = `there is no such folder as the configuration names; \`tenantry migrate new TITLE --service ${service}\` makes it with a first file`
  throw fault('MIGRATION_INVALID', { file: `${service}/`, reason })
}

/** Where the migrations of a service are. */
export async function serviceFolder(service: string, folder: string): Promise<string> {
  const inner = join(folder, 'tenant')
  const [direct, nested] = [await filesIn(folder, service), await filesIn(inner, `${service}/tenant`)]
  if (nested === undefined) return folder
  if (direct !== undefined && direct.length > 0)
    throw fault('MIGRATION_INVALID', {
      file: `${service}/${direct[0]}`,
      reason: `lies beside the folder tenant/, in which files are looked for`,
    })
  return inner
}

/** Undefined when there is no such folder. */
async function filesIn(directory: string, label: string): Promise<readonly string[] | undefined> {
  try {
    // Programs have numbers; what else of TypeScript is in the folder is for them to import.
    return (await readdir(directory)).filter((name) => name.endsWith('.sql') || /^\d.*(?<!\.d)\.(ts|js|mjs)$/.test(name)).sort()
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
  const inOrder = [...found.values()].sort((a, b) => compareVersions(a.version, b.version))
  return [...inOrder.filter(({ version }) => !isRepeatable(version)), ...inOrder.filter(({ version }) => isRepeatable(version))]
}

async function readOne(directory: string, label: string, name: string, names: readonly string[]): Promise<Migration> {
  const file = `${label}/${name}`
  const invalid = (reason: string) => fault('MIGRATION_INVALID', { file, reason })
  const text = await textOf(directory, name, file)
  const program = PROGRAM.exec(name)
  if (program !== null) {
    const [version, title] = [program[1]!, program[2]!]
    return finish({ ...NOTHING, file, version, title, kind: 'program', program: join(directory, name), whole: text })
  }
  const repeatable = REPEATABLE.exec(name)
  if (repeatable !== null) {
    const title = repeatable[1]!
    const up = oneSection(text, file, 'up')
    if (!up.options.transaction) throw invalid('is repeatable and asks for transaction:false; repeatable files run in a transaction')
    if (text.split('\n').some((line) => markerOf(line)?.section === 'down'))
      throw invalid('is repeatable and has a down section; it is undone by a newer text of itself')
    const parts = { up: up.text, upLine: up.line, options: up.options }
    return finish({ ...NOTHING, ...parts, file, version: repeatableVersion(title), title, kind: 'repeatable', whole: text })
  }
  const pair = PAIR.exec(name)
  if (pair !== null) {
    const downName = name.replace(/\.up\.sql$/, '.down.sql')
    const written = names.includes(downName) ? await textOf(directory, downName, `${label}/${downName}`) : undefined
    const up = oneSection(text, file, 'up')
    const down = written === undefined ? undefined : oneSection(written, `${label}/${downName}`, 'down')
    const parts = { up: up.text, upLine: up.line, options: up.options, down: down?.text, downLine: down?.line ?? 1 }
    const whole = text + (written ?? '')
    return finish({
      ...NOTHING,
      ...parts,
      downOptions: down?.options ?? PLAIN,
      file,
      version: pair[1]!,
      title: pair[2]!,
      kind: 'sql',
      whole,
    })
  }
  const single = DBMATE.exec(name)
  if (single === null)
    throw invalid('is not named <version>_<title>.sql, with digits, then lower-case words joined by _, nor R__<title>.sql')
  return finish({ ...NOTHING, file, version: single[1]!, title: single[2]!, kind: 'sql', ...sections(text, file), whole: text })
}

const textOf = (directory: string, name: string, file: string): Promise<string> =>
  readText(
    join(directory, name),
    (reason, cause) => fault('MIGRATION_INVALID', { file, reason }, { cause }),
    'data is loaded by a program, not by a migration',
  )

const NOTHING = { up: '', upLine: 1, options: PLAIN, down: undefined, downLine: 1, downOptions: PLAIN, program: undefined } as const

function finish(parts: Omit<Migration, 'checksum'> & { whole: string }): Migration {
  const { whole, ...migration } = parts
  return { ...migration, checksum: checksumOf(whole) }
}

/** A file that is one section: what stands before the first statement may give it options. */
function oneSection(text: string, file: string, section: 'up' | 'down'): { text: string; line: number; options: SectionOptions } {
  const first = text.split('\n').findIndex((line) => line.trim() !== '')
  const marker = first < 0 ? undefined : markerOf(text.split('\n')[first]!)
  const options = marker?.section === section ? readOptions(marker.words, `${file}:${first + 1}`) : PLAIN
  return { text, line: 1, options }
}

/** The sections of a file as dbmate writes it. */
function sections(text: string, file: string): Pick<Migration, 'up' | 'upLine' | 'options' | 'down' | 'downLine' | 'downOptions'> {
  const lines = text.split('\n')
  const at = (section: 'up' | 'down'): number => lines.findIndex((line) => markerOf(line)?.section === section)
  const [upAt, downAt] = [at('up'), at('down')]
  if (upAt < 0) throw fault('MIGRATION_INVALID', { file, reason: 'has no line "-- migrate:up"' })
  if (downAt >= 0 && downAt < upAt) throw fault('MIGRATION_INVALID', { file, reason: 'has its down section before its up section' })
  const optionsAt = (line: number): SectionOptions => readOptions(markerOf(lines[line]!)!.words, `${file}:${line + 1}`)
  return {
    up: lines.slice(upAt + 1, downAt < 0 ? undefined : downAt).join('\n'),
    upLine: upAt + 2,
    options: optionsAt(upAt),
    down: downAt < 0 ? undefined : lines.slice(downAt + 1).join('\n'),
    downLine: downAt < 0 ? 1 : downAt + 2,
    downOptions: downAt < 0 ? PLAIN : optionsAt(downAt),
  }
}
