import { lstat, readdir, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { byName, invalid } from './foreign.js'

/** The regular files below a folder. */
export interface Listing {
  /** Paths below the folder with `/` between their parts, in order. */
  readonly files: readonly string[]
  readonly pathOf: (file: string) => string
}

const MOST_FILES = 20_000
const MOST_BYTES = 268_435_456
const DEEPEST = 12
const PASSED_OVER = new Set(['node_modules', '.git'])

/**
 * Lists a folder of migrations. Links are not followed: one may lead to any file that the caller can read, and its text would come into the project.
 * Throws IMPORT_INVALID.
 */
export async function listFolder(folder: string): Promise<Listing> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    throw invalid(folder, error.code === 'ENOENT' ? 'there is no such folder' : `cannot be read (${error.code ?? 'unknown'})`, error)
  })
  if (!found.isDirectory()) throw invalid(folder, 'is a file: name the folder that holds the migrations')
  const files: string[] = []
  let bytes = 0
  const walk = async (below: string, depth: number): Promise<void> => {
    if (depth > DEEPEST) throw invalid(below, `lies more than ${DEEPEST} folders deep`)
    const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      throw invalid(below || folder, `cannot be read (${error.code ?? 'unknown'})`, error)
    })
    for (const entry of entries) {
      const file = posix.join(below, entry.name)
      if (entry.isDirectory()) {
        if (!PASSED_OVER.has(entry.name)) await walk(file, depth + 1)
        continue
      }
      if (entry.isSymbolicLink()) throw invalid(file, 'is a symbolic link: put the file itself in its place')
      // A pipe has no end.
      if (!entry.isFile()) throw invalid(file, 'is not a file')
      bytes += (await lstat(join(folder, file))).size
      if (files.push(file) > MOST_FILES)
        throw invalid(folder, `holds more than ${MOST_FILES} files: name the folder that holds the migrations alone`)
      if (bytes > MOST_BYTES) throw invalid(folder, `holds more than ${MOST_BYTES} bytes: name the folder that holds the migrations alone`)
    }
  }
  await walk('', 0)
  return { files: files.sort(byName), pathOf: (file) => join(folder, file) }
}

/** The names of the files that lie in the folder itself. */
export const topOf = (listing: Listing): readonly string[] => listing.files.filter((file) => !file.includes('/'))
