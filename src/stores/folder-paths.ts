import { lstat, mkdir, open, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Fault, fault, isFault } from '../kernel/faults.js'

/** Holds what is being written. No key has a part that begins with a dot. */
export const DRAFTS = '.drafts'

export interface FolderPaths {
  /** Where an object lies, once the way there has been looked at: folders only, and all of them ours. Undefined where a folder is missing. */
  readonly find: (key: string) => Promise<string | undefined>
  /** The same, and makes the folders that are missing, for good. Throws ENOENT as it is where somebody removes them meanwhile. */
  readonly make: (key: string) => Promise<string>
  /** The folder itself without links, or undefined where there is none. */
  readonly root: () => Promise<string | undefined>
  /** As a fault of the store. */
  readonly asFault: (error: unknown, path: string) => Fault
}

interface SystemError {
  readonly code?: string
}

export function folderPaths(folder: string, name: string): FolderPaths {
  const asFault = (error: unknown, path: string): Fault => {
    if (isFault(error)) return error
    const { code = 'unknown' } = (error ?? {}) as SystemError
    const options = { cause: error }
    if (code === 'ENOSPC' || code === 'EDQUOT') return fault('STORE_FULL', { store: name }, options)
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      return fault('STORE_NOT_WRITABLE', { store: name, path, reason: code }, options)
    }
    if (code === 'ENOTDIR') return fault('STORE_NOT_FOLDER', { store: name, path, reason: 'is not a folder' }, options)
    return fault('STORE_FAILED', { store: name, reason: code }, options)
  }

  const root = async (): Promise<string | undefined> => {
    try {
      const real = await realpath(folder)
      if ((await lstat(real)).isDirectory()) return real
    } catch (error) {
      if ((error as SystemError).code === 'ENOENT') return undefined
      throw asFault(error, folder)
    }
    throw fault('STORE_NOT_FOLDER', { store: name, path: folder, reason: 'is not a folder' })
  }

  /** Only the folder itself: a disk that is not mounted must not be stood in for by folders of that name. */
  const makeRoot = async (): Promise<string> => {
    const there = await root()
    if (there !== undefined) return there
    try {
      await mkdir(folder, 0o700)
      await syncFolder(dirname(folder))
    } catch (error) {
      const { code } = error as SystemError
      if (code === 'ENOENT') {
        throw fault('STORE_NOT_FOLDER', { store: name, path: dirname(folder), reason: 'is not there' }, { cause: error })
      }
      if (code !== 'EEXIST') throw asFault(error, folder)
    }
    const made = await root()
    if (made === undefined) throw fault('STORE_NOT_FOLDER', { store: name, path: folder, reason: 'is a link to nothing' })
    return made
  }

  /** What is on the way to an object. Links are refused, wherever they lead. */
  const lookAt = async (path: string, key: string): Promise<'folder' | 'nothing' | 'other'> => {
    const found = await lstat(path).catch((error: SystemError) => {
      if (error.code === 'ENOENT') return undefined
      throw asFault(error, path)
    })
    if (found?.isSymbolicLink()) throw fault('OBJECT_OUTSIDE', { store: name, key })
    return found === undefined ? 'nothing' : found.isDirectory() ? 'folder' : 'other'
  }

  const waysTo = (from: string, key: string): readonly string[] =>
    key
      .split('/')
      .slice(0, -1)
      .map((_, index, parts) => join(from, ...parts.slice(0, index + 1)))

  return {
    asFault,
    root,
    find: async (key) => {
      const from = await root()
      if (from === undefined) return undefined
      for (const path of waysTo(from, key)) if ((await lookAt(path, key)) !== 'folder') return undefined
      return join(from, key)
    },
    make: async (key) => {
      const from = await makeRoot()
      for (const path of waysTo(from, key)) {
        const found = await lookAt(path, key)
        if (found === 'folder') continue
        if (found === 'other') throw fault('STORE_NOT_FOLDER', { store: name, path, reason: 'is not a folder' })
        const unlessGone = (error: SystemError): never => {
          throw error.code === 'ENOENT' ? error : asFault(error, path)
        }
        await mkdir(path, 0o700).catch((error: SystemError) => error.code === 'EEXIST' || unlessGone(error))
        await syncFolder(dirname(path)).catch(unlessGone)
      }
      return join(from, key)
    },
  }
}

/** Names of a folder outlive a loss of power only when the folder was written, too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
