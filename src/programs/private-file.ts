import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { giveTo, type ProgramUser } from './program-user.js'

/** Writes a file that only the user can read, in one piece: a reader sees the old text or the new one. */
export async function writePrivateFile(
  path: string,
  text: string,
  options: { readonly owner?: ProgramUser | undefined } = {},
): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.chmod(0o600)
    if (options.owner) await file.chown(options.owner.uid, options.owner.gid)
    await file.close()
    await rename(draft, path)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(draft, { force: true })
    throw error
  }
}

/** Makes a folder (its parent must exist) that only the user can enter. A folder that exists keeps its content. */
export async function makePrivateFolder(path: string, options: { readonly owner?: ProgramUser | undefined } = {}): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await giveTo(options.owner, path)
  await chmod(path, 0o700)
}

/**
 * Hands a secret to a child as an open file that has no name any more: nothing is left behind, however we end. The child opens
 * /dev/stdin, which Linux checks against the file's owner, so the file is given to the user first.
 */
export async function withSecretFile<T>(
  folder: string,
  secret: string,
  use: (descriptor: number) => Promise<T>,
  options: { readonly owner?: ProgramUser | undefined } = {},
): Promise<T> {
  const path = `${folder}/.secret-${randomBytes(8).toString('hex')}`
  const file = await open(path, 'wx+', 0o600)
  try {
    await rm(path)
    if (options.owner) await file.chown(options.owner.uid, options.owner.gid)
    await file.writeFile(secret)
    return await use(file.fd)
  } finally {
    await file.close()
  }
}
