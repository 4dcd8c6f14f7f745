import { constants, copyFile, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makeFolders } from '../../kernel/make-folders.js'
import { invalid } from './foreign.js'

interface NewFile {
  readonly name: string
  readonly text: string
}

/** Throws IMPORT_INVALID when the folder has a file of the same name or version. */
export async function refuseTaken(folder: string, files: readonly Pick<NewFile, 'name'>[]): Promise<readonly string[]> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw invalid(folder, `cannot be read (${error.code ?? 'unknown'})`, error)
  })
  const versions = new Map(there.map((name) => [keyOf(name), name]))
  for (const { name } of files) {
    const taken = versions.get(keyOf(name))
    if (taken === name) throw invalid(name, 'is in the folder of migrations already: an import overwrites nothing')
    if (taken !== undefined) throw invalid(name, `would have the same version as ${taken}, which is in the folder of migrations already`)
  }
  return there
}

const keyOf = (name: string): string => (/^\d+/.test(name) ? String(BigInt(/^\d+/.exec(name)![0])) : name)

/**
 * Writes all files or none: first into a folder beside, which then takes the place of an empty one; where there are files already, they are joined
 * without overwriting any, and taken away again if one cannot be. Throws IMPORT_INVALID.
 */
export async function writeAll(folder: string, files: readonly NewFile[]): Promise<void> {
  let beside: string | undefined
  let current = folder
  try {
    await makeFolders(dirname(folder))
    beside = await mkdtemp(join(dirname(folder), `.${basename(folder)}-import-`))
    for (const { name, text } of files) {
      current = name
      await writeFile(join(beside, name), text, { flag: 'wx' })
    }
    current = folder
    await refuseTaken(folder, files)
    if (await becomes(beside, folder)) return
    await joinInto(beside, folder, files)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === undefined || code === 'IMPORT_INVALID' ? error : invalid(current, `could not be written (${code})`, error)
  } finally {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true })
  }
}

/** False when the folder holds anything. */
async function becomes(beside: string, folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false
    if (code !== 'ENOENT') throw error
  }
  await rename(beside, folder)
  return true
}

async function joinInto(beside: string, folder: string, files: readonly NewFile[]): Promise<void> {
  const joined: string[] = []
  try {
    for (const { name } of files) {
      await copyFile(join(beside, name), join(folder, name), constants.COPYFILE_EXCL)
      joined.push(name)
    }
  } catch (error) {
    for (const name of joined) await rm(join(folder, name), { force: true })
    throw error
  }
}
