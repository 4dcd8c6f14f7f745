import { type Foreign, type ForeignFolder, invalid, type LeftOut, textOf } from './foreign.js'
import { type Listing, topOf } from './listing.js'

export const GOLANG_NAME = /^(\d+)_(.*)\.(up|down)\.sql$/s

/** `000001_title.up.sql` and `.down.sql`, ordered by their numbers, whatever their width. */
export async function readGolangMigrate(listing: Listing): Promise<ForeignFolder> {
  const leftOut: LeftOut[] = []
  const found = new Map<bigint, { digits: string; title: string; up?: string; down?: string }>()
  for (const file of topOf(listing)) {
    const parts = GOLANG_NAME.exec(file)
    if (parts === null) {
      leftOut.push({ file, reason: 'is not named <version>_<title>.up.sql or .down.sql' })
      continue
    }
    const [, digits, title, direction] = parts as unknown as [string, string, string, 'up' | 'down']
    const one = found.get(BigInt(digits)) ?? { digits, title }
    if (one[direction] !== undefined) throw invalid(file, `has the same version as ${one[direction]}`)
    found.set(BigInt(digits), { ...one, ...(direction === 'up' ? { title, digits } : {}), [direction]: file })
  }
  const migrations: Foreign[] = []
  for (const [, { digits, title, up, down }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (up === undefined) {
      leftOut.push({ file: down!, reason: 'takes back what no file makes' })
      continue
    }
    migrations.push({
      ...{ from: up, digits, title, up: await textOf(listing, up) },
      down: down === undefined ? undefined : await textOf(listing, down),
    })
  }
  return { migrations, leftOut }
}
