import { createHash } from 'node:crypto'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomBytes } from '../../kernel/clock.js'
import { fault, isFault } from '../../kernel/faults.js'
import { makeFolders } from '../../kernel/make-folders.js'
import type { ExportedFile } from './model.js'

/** A folder in the making, beside the place where it will be. Its name begins with a dot and says that it is a part. */
export interface Draft {
  readonly write: (file: string, chunks: AsyncIterable<Uint8Array>) => Promise<ExportedFile>
  /** Puts it where it will be: whole, and written to the disk. Throws EXPORT_EXISTS. */
  readonly publish: () => Promise<void>
  /** Repeatable; takes away all of it, unless it was published. */
  readonly discard: () => Promise<void>
}

/** Throws EXPORT_EXISTS, EXPORT_UNWRITABLE. */
export async function openDraft(to: string, signal?: AbortSignal): Promise<Draft> {
  const folder = join(dirname(to), `.${basename(to)}.${randomBytes(6).toString('hex')}.partial`)
  const unwritable = (error: unknown): unknown => {
    if (isFault(error)) return error
    return fault('EXPORT_UNWRITABLE', { path: to, reason: (error as { code?: string }).code ?? 'unknown' }, { cause: error })
  }
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw unwritable(error)
    })
  const assertFree = async (): Promise<void> => {
    const there = await lstat(to).catch((error: { code?: string }) => {
      if (error.code !== 'ENOENT') throw unwritable(error)
    })
    if (there !== undefined) throw fault('EXPORT_EXISTS', { path: to })
  }
  await assertFree()
  await told(makeFolders(dirname(to)))
  // A customer's rows: nobody else on this machine need read them.
  await told(mkdir(folder, 0o700))
  const folders = new Set<string>([folder])
  let published = false
  const remove = async (): Promise<void> => {
    if (!published) await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
  // At once, and not when whoever fills it hears of it: that may wait for a lock of somebody, and the process does not wait as long.
  signal?.addEventListener('abort', remove, { once: true })

  return {
    write: async (file, chunks) => {
      signal?.throwIfAborted()
      const path = join(folder, file)
      await told(makeFolders(dirname(path), 0o700))
      folders.add(dirname(path))
      const handle = await told(open(path, 'wx', 0o600))
      const hash = createHash('sha256')
      let bytes = 0
      try {
        for await (const chunk of chunks) {
          await told(writeAll(handle, chunk))
          hash.update(chunk)
          bytes += chunk.length
        }
        await told(handle.sync())
      } finally {
        await handle.close()
      }
      return { file, bytes, sha256: hash.digest('hex') }
    },
    publish: async () => {
      for (const one of folders) await told(syncFolder(one))
      await assertFree()
      await rename(folder, to).catch((error: { code?: string }) => {
        if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST' || error.code === 'ENOTDIR') throw fault('EXPORT_EXISTS', { path: to })
        throw unwritable(error)
      })
      published = true
      await told(syncFolder(dirname(to)))
    },
    discard: async () => {
      signal?.removeEventListener('abort', remove)
      await remove()
    },
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
}

/** A name outlives a loss of power only when its folder was written, too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}
