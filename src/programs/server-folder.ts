import { createHash } from 'node:crypto'
import { access, chmod, constants, lstat, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '../kernel/faults.js'
import { runProgram } from './child.js'
import { writePrivateFile } from './private-file.js'
import { type ProgramUser, programUser } from './program-user.js'

/** The git-ignored folder of a checkout. */
export const LOCAL_FOLDER = '.tenantry'

/**
 * The folder in which servers of this checkout keep their files: `.tenantry` in the checkout when their user can reach it, else a folder
 * of the system that belongs to this checkout (then `.tenantry/location` names it). Everyone may pass through it; what is put in
 * must be private by itself. Throws FOLDER_UNUSABLE when there is no such place.
 */
export async function serverFolder(options: { readonly checkout: string; readonly as?: ProgramUser | undefined }): Promise<string> {
  const checkout = await realpath(options.checkout)
  const as = options.as ?? (await programUser())
  const local = join(checkout, LOCAL_FOLDER)
  const localReason = await prepare(local, as)
  if (localReason === undefined) return local

  const mark = createHash('sha256').update(checkout).digest('hex').slice(0, 12)
  const places = [['/var/lib/tenantry', join('/var/lib/tenantry', mark)], [join('/var/tmp', `tenantry-${process.getuid?.() ?? 0}-${mark}`)]]
  for (const path of places) {
    if ((await prepareAll(path, as)) !== undefined) continue
    const place = path.at(-1)!
    // The note is for people; the place follows from the path of the checkout alone, so a copied note misleads nobody.
    await writePrivateFile(join(local, 'location'), `${place}\n`).catch(() => {})
    return place
  }
  throw fault('FOLDER_UNUSABLE', { folder: local, reason: localReason })
}

/** Outer folders first, since a strict umask would close them to the servers' user. */
async function prepareAll(folders: readonly string[], as: ProgramUser | undefined): Promise<string | undefined> {
  for (const folder of folders) {
    const reason = await prepare(folder, as)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** Undefined when the folder serves, else why not. */
async function prepare(folder: string, as: ProgramUser | undefined): Promise<string | undefined> {
  try {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    const found = await lstat(folder)
    // In /var/tmp anybody could have been there first.
    if (!found.isDirectory() || found.uid !== process.getuid?.()) return 'it belongs to someone else'
    await chmod(folder, as ? 0o755 : 0o700)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    return (error as Error).message
  }
  return (await canEnter(folder, as)) ? undefined : `the user ${as?.name ?? 'of this process'} cannot enter it`
}

/** Can the servers' user pass through the folder? Asked by doing it, since modes alone do not tell (parents, ACLs, containers). */
export async function canEnter(folder: string, as: ProgramUser | undefined): Promise<boolean> {
  const { status } = await runProgram(['/usr/bin/test', '-x', folder], { as, tolerant: true })
  return status === 0
}
