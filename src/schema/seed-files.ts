import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, SqlError } from 'libpg-query'
import { fault } from '../kernel/faults.js'
import { readText } from './read-text.js'

/** Where a project's seeds are. A folder that the configuration does not name need not be there. */
export interface SeedFolder {
  readonly path: string
  readonly named: boolean
}

/** One seed as its file says it. */
export interface SeedFile {
  readonly name: string
  readonly path: string
  /** `made`: when the tenant's home is made, also before anybody asks for it. `claimed`: when it becomes a customer's. */
  readonly when: 'made' | 'claimed'
  readonly language: 'sql' | 'program'
  readonly text: string
  /** SHA-256 over the file with LF line ends and no BOM. */
  readonly checksum: string
}

const NAME = /^(\d{3,14})_[a-z0-9_-]+(\.claim)?\.(sql|ts|js|mjs)$/
const LOOKS_LIKE_ONE = /(?<!\.d)\.(sql|ts|js|mjs)$/

/** Reads the seeds in the order in which they run: those that are made with the tenant, then those of the claim. Throws SEED_INVALID. */
export async function readSeeds(folder: SeedFolder): Promise<readonly SeedFile[]> {
  const names = await readdir(folder.path).catch((error: { code?: string }) => {
    if (error.code === 'ENOENT' && !folder.named) return []
    throw fault('SEED_INVALID', { file: folder.path, reason: 'the folder cannot be read' })
  })
  const files = names.filter((name) => LOOKS_LIKE_ONE.test(name)).map((name) => ({ name, parts: NAME.exec(name) }))
  const seeds = await Promise.all(
    files.map(async ({ name, parts }): Promise<SeedFile & { number: number }> => {
      if (parts === null)
        throw fault('SEED_INVALID', { file: name, reason: 'is not named NNN_name.sql, NNN_name.claim.sql, or the same with .ts' })
      const path = join(folder.path, name)
      const invalid = (reason: string, cause?: unknown) => fault('SEED_INVALID', { file: name, reason }, { cause })
      const text = await readText(path, invalid, 'tenants begin with less, and what all of them share belongs into a platform table')
      return {
        name,
        path,
        number: Number(parts[1]),
        when: parts[2] === undefined ? 'made' : 'claimed',
        language: parts[3] === 'sql' ? 'sql' : 'program',
        text,
        checksum: createHash('sha256').update(text).digest('hex'),
      }
    }),
  )
  seeds.sort((a, b) => Number(a.when === 'claimed') - Number(b.when === 'claimed') || a.number - b.number || (a.name < b.name ? -1 : 1))
  const twin = seeds.findIndex((seed, i) => i > 0 && seed.when === seeds[i - 1]!.when && seed.number === seeds[i - 1]!.number)
  if (twin > 0) throw fault('SEED_INVALID', { file: seeds[twin]!.name, reason: `has the same number as ${seeds[twin - 1]!.name}` })
  return seeds
}

/** What a warm tenant should have had, as the catalog remembers it. */
export const warmSeeds = (seeds: readonly SeedFile[]): readonly string[] =>
  seeds.filter((seed) => seed.when === 'made').map((seed) => `${seed.name}:${seed.checksum}`)

export interface SeedStatement {
  readonly text: string
  readonly line: number
}

const ALLOWED = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

// By checksum: a seed is parsed once, and not for every tenant that is made.
const parsed = new Map<string, readonly SeedStatement[]>()
const REMEMBERED = 100

/** The statements of an SQL seed, each to be sent by itself. Throws SEED_INVALID on what a scope would refuse. */
export async function statementsOf(seed: SeedFile): Promise<readonly SeedStatement[]> {
  const known = parsed.get(seed.checksum)
  if (known !== undefined) return known
  const statements = await parseStatements(seed)
  if (parsed.size >= REMEMBERED) parsed.clear()
  parsed.set(seed.checksum, statements)
  return statements
}

async function parseStatements(seed: SeedFile): Promise<readonly SeedStatement[]> {
  const bytes = Buffer.from(seed.text)
  const refuse = (line: number, reason: string): never => {
    throw fault('SEED_INVALID', { file: `${seed.name}:${line}`, reason })
  }
  // The parser calls it an error to be given nothing.
  if (seed.text.trim() === '') return []
  const tree = await parse(seed.text).catch((error: unknown) => {
    if (!(error instanceof SqlError)) throw error
    const before = [...seed.text].slice(0, error.sqlDetails?.cursorPosition ?? 0).join('')
    return refuse(1 + newlinesIn(before), error.message)
  })
  // Counted on from statement to statement: from the beginning for each, a long file would take minutes.
  let line = 1
  let at = 0
  return (tree.stmts ?? []).map(({ stmt, stmt_location: location = 0, stmt_len: length }) => {
    const whole = bytes.subarray(location, length ? location + length : undefined).toString()
    const blank = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(whole)![0]
    line += newlinesIn(bytes.subarray(at, location).toString())
    at = location
    const begins = line + newlinesIn(blank)
    const [kind = ''] = Object.keys(stmt ?? {})
    if (!ALLOWED.has(kind)) refuse(begins, 'a seed only selects, inserts, updates, deletes and merges, as a scope does')
    return { text: whole.slice(blank.length), line: begins }
  })
}

const newlinesIn = (text: string): number => text.split('\n').length - 1
