import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { randomBytes, systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import { DRAFTS, folderPaths, syncFolder } from './folder-paths.js'
import { checkObjectKey, checkPrefix, checkRange, type ObjectStore, type StoredObject } from './object-store.js'

const READ_BYTES = 262_144

// What is written at once. Linux takes no more than 1,024 pieces.
const WRITE_BYTES = 1024 * 1024
const MOST_PIECES = 512
// Somebody else may remove a folder that has just become empty.
const TRIES = 5

/** A folder of this machine, or of a file system that is mounted here. Nothing of it is looked at yet. */
export function openFolderStore(folder: string): ObjectStore {
  const name = `the folder ${folder}`
  const paths = folderPaths(folder, name)

  const missing = (key: string) => fault('OBJECT_MISSING', { store: name, key })
  const codeOf = (error: unknown): string | undefined => (error as { readonly code?: string } | undefined)?.code

  /** A pipe would keep us waiting for whoever writes into it, and a link lead anywhere: so neither is followed nor waited for. */
  const openObject = async (key: string): Promise<{ readonly file: FileHandle; readonly bytes: number }> => {
    const path = await paths.find(key)
    if (path === undefined) throw missing(key)
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw missing(key)
      if (codeOf(error) === 'ELOOP') throw fault('OBJECT_OUTSIDE', { store: name, key })
      if (codeOf(error) === 'ENXIO') throw fault('OBJECT_NOT_FILE', { store: name, key, found: 'a socket' })
      throw paths.asFault(error, path)
    })
    try {
      const found = await file.stat()
      if (!found.isFile()) throw fault('OBJECT_NOT_FILE', { store: name, key, found: kindOf(found) })
      return { file, bytes: found.size }
    } catch (error) {
      await file.close()
      throw paths.asFault(error, path)
    }
  }

  /** A folder in its place could never be replaced; anything else that is no file is not ours to replace. */
  const assertReplaceable = async (path: string, key: string): Promise<void> => {
    const there = await lstat(path).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw paths.asFault(error, path)
    })
    if (there?.isSymbolicLink()) throw fault('OBJECT_OUTSIDE', { store: name, key })
    if (there !== undefined && !there.isFile()) throw fault('OBJECT_NOT_FILE', { store: name, key, found: kindOf(there) })
  }

  const place = async (draft: string, key: string): Promise<void> => {
    for (let left = TRIES; ; left--) {
      try {
        const path = await paths.make(key)
        await assertReplaceable(path, key)
        await rename(draft, path)
        return await syncFolder(dirname(path))
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || left === 1) throw paths.asFault(error, key)
      }
    }
  }

  const openDraft = async (): Promise<{ readonly draft: string; readonly file: FileHandle }> => {
    const draft = await paths.make(`${DRAFTS}/${randomBytes(12).toString('hex')}`)
    const file = await open(draft, 'wx', 0o600).catch((error: unknown) => {
      throw paths.asFault(error, draft)
    })
    return { draft, file }
  }

  /** Takes the folders away that an object was the last of. */
  const removeEmpty = async (from: string): Promise<void> => {
    const root = await paths.root()
    for (let at = from; root !== undefined && at.startsWith(`${root}/`); at = dirname(at)) {
      try {
        await rmdir(at)
      } catch {
        // It holds something, or somebody else was faster.
        return
      }
    }
  }

  async function* walk(path: string, key: string, prefix: string): AsyncGenerator<StoredObject> {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw paths.asFault(error, path)
    })
    const found = entries
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
      .map((entry) => ({ key: `${key}${entry.name}${entry.isDirectory() ? '/' : ''}`, path: join(path, entry.name) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const one of found) {
      if (one.key.endsWith('/')) {
        if (one.key.startsWith(prefix) || prefix.startsWith(one.key)) yield* walk(one.path, one.key, prefix)
      } else if (one.key.startsWith(prefix)) {
        const there = await lstat(one.path).catch(() => undefined)
        if (there?.isFile()) yield { key: one.key, bytes: there.size }
      }
    }
  }

  return {
    name,

    write: async (key, chunks) => {
      checkObjectKey(key)
      const { draft, file } = await openDraft()
      let bytes = 0
      let open = true
      try {
        for await (const pieces of together(chunks)) {
          bytes += await writeAll(file, pieces).catch((error: unknown) => {
            throw paths.asFault(error, draft)
          })
        }
        await file
          .sync()
          .finally(() => {
            open = false
            return file.close()
          })
          .catch((error: unknown) => {
            throw paths.asFault(error, draft)
          })
        await place(draft, key)
        return { bytes }
      } catch (error) {
        if (open) await file.close().catch(() => {})
        await unlink(draft).catch(() => {})
        throw error
      }
    },

    read: async function* (key, range) {
      checkObjectKey(key)
      checkRange(range)
      const { file, bytes } = await openObject(key)
      try {
        const end = range === undefined ? bytes : Math.min(bytes, range.from + range.bytes)
        for (let at = range?.from ?? 0; at < end; ) {
          // A new one each time: who reads may keep it.
          const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at))
          const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
          if (bytesRead === 0) throw fault('OBJECT_CHANGED', { store: name, key })
          at += bytesRead
          yield chunk.subarray(0, bytesRead)
        }
      } catch (error) {
        throw codeOf(error) === undefined || isFault(error) ? error : paths.asFault(error, key)
      } finally {
        await file.close()
      }
    },

    size: async (key) => {
      checkObjectKey(key)
      try {
        const { file, bytes } = await openObject(key)
        await file.close()
        return bytes
      } catch (error) {
        if (isFault(error, 'OBJECT_MISSING')) return undefined
        throw error
      }
    },

    list: async function* (prefix) {
      checkPrefix(prefix)
      const start = prefix.slice(0, prefix.lastIndexOf('/') + 1)
      // Looks at the way there, as for an object in it.
      const path = await paths.find(`${start}x`)
      if (path !== undefined) yield* walk(dirname(path), start, prefix)
    },

    remove: async (key) => {
      checkObjectKey(key)
      const path = await paths.find(key)
      if (path === undefined) return
      await assertReplaceable(path, key)
      try {
        await unlink(path)
        await syncFolder(dirname(path))
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw paths.asFault(error, path)
      }
      await removeEmpty(dirname(path))
    },

    clearLeftovers: async (idleMs) => {
      const folder = await paths.find(`${DRAFTS}/x`).then((path) => path && dirname(path))
      const cleared: string[] = []
      for (const draft of folder === undefined ? [] : await readdir(folder).catch(() => [])) {
        const path = join(folder!, draft)
        const there = await lstat(path).catch(() => undefined)
        // Whoever still writes has touched it a moment ago.
        if (!there?.isFile() || systemClock.now() - there.mtimeMs < idleMs) continue
        await unlink(path).catch((error: unknown) => {
          if (codeOf(error) !== 'ENOENT') throw paths.asFault(error, path)
        })
        cleared.push(relative(dirname(folder!), path))
      }
      return cleared
    },
  }
}

/** To ask for each piece by itself would cost more than to write it. */
async function* together(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  let [pieces, bytes]: [Uint8Array[], number] = [[], 0]
  for await (const chunk of chunks) {
    pieces.push(chunk)
    bytes += chunk.length
    if (bytes < WRITE_BYTES && pieces.length < MOST_PIECES) continue
    yield pieces
    ;[pieces, bytes] = [[], 0]
  }
  if (bytes > 0) yield pieces
}

/** Answers how many bytes these are. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<number> {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
  for (let left = pieces, toGo = bytes; toGo > 0; ) {
    const { bytesWritten } = await file.writev(left)
    toGo -= bytesWritten
    left = toGo === 0 ? [] : [Buffer.concat(left).subarray(bytesWritten)]
  }
  return bytes
}

interface Found {
  readonly isDirectory: () => boolean
  readonly isFIFO: () => boolean
  readonly isSocket: () => boolean
}

const kindOf = (found: Found): string =>
  found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device'
