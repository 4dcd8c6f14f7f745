import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, SqlError } from 'libpg-query'
import { fault } from '../kernel/faults.js'

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
      const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
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

/** The statements of an SQL seed, each to be sent by itself. Throws SEED_INVALID on what a scope would refuse. */
export async function statementsOf(seed: SeedFile): Promise<readonly SeedStatement[]> {
  const bytes = Buffer.from(seed.text)
  const lineAt = (text: string): number => text.split('\n').length
  const refuse = (line: number, reason: string): never => {
    throw fault('SEED_INVALID', { file: `${seed.name}:${line}`, reason })
  }
  // The parser calls it an error to be given nothing.
  if (seed.text.trim() === '') return []
  const tree = await parse(seed.text).catch((error: unknown) => {
    if (!(error instanceof SqlError)) throw error
    return refuse(lineAt([...seed.text].slice(0, error.sqlDetails?.cursorPosition ?? 0).join('')), error.message)
  })
  return (tree.stmts ?? []).map(({ stmt, stmt_location: location = 0, stmt_len: length }) => {
    const whole = bytes.subarray(location, length ? location + length : undefined).toString()
    const blank = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(whole)![0]
    const line = lineAt(bytes.subarray(0, location).toString() + blank)
    const [kind = ''] = Object.keys(stmt ?? {})
    if (!ALLOWED.has(kind)) refuse(line, 'a seed only selects, inserts, updates, deletes and merges, as a scope does')
    return { text: whole.slice(blank.length), line }
  })
}
