import { byName, type Foreign, type ForeignFolder, invalid, type LeftOut, numbered, textOf } from './foreign.js'
import type { Listing } from './listing.js'

export const LOCK = 'migration_lock.toml'

/** `<time>_<title>/migration.sql`, by the names of the folders. Throws IMPORT_INVALID when the lock speaks of another database. */
export async function readPrisma(listing: Listing): Promise<ForeignFolder> {
  if (listing.files.includes(LOCK)) {
    const provider = /^\s*provider\s*=\s*"([^"]*)"/m.exec(await textOf(listing, LOCK))?.[1]
    if (provider !== undefined && provider !== 'postgresql' && provider !== 'postgres')
      throw invalid(LOCK, `names the provider "${provider}": only postgresql can be imported`)
  }
  return foldersWith(listing, LOCK)
}

/** `companion` is a file that belongs to the tool and is no migration. */
export async function foldersWith(listing: Listing, companion: string): Promise<ForeignFolder> {
  const leftOut: LeftOut[] = []
  const folders = new Set<string>()
  for (const file of listing.files) {
    const [folder, name, deeper] = file.split('/')
    if (name === 'migration.sql' && deeper === undefined) folders.add(folder!)
    else if (name !== 'down.sql' && file.split('/').at(-1) !== companion)
      leftOut.push({ file, reason: 'is not named <time>_<title>/migration.sql' })
  }
  const migrations: Foreign[] = []
  for (const folder of [...folders].sort(byName)) {
    const [from, undo] = [`${folder}/migration.sql`, `${folder}/down.sql`]
    const down = listing.files.includes(undo) ? await textOf(listing, undo) : undefined
    migrations.push({ from, ...numbered(folder), up: await textOf(listing, from), down })
  }
  return { migrations, leftOut }
}
