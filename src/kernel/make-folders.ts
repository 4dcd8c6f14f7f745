import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and the parents that are missing, each by itself: Node's own `recursive` never ends where a parent is there but takes no folders, as
 * /proc does. Throws what the file system says of the first that cannot be made.
 */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  const missing: string[] = []
  for (let at = path; !(await isFolder(at)) && dirname(at) !== at; at = dirname(at)) missing.push(at)
  for (const folder of missing.reverse()) {
    await mkdir(folder, mode).catch(async (error: { readonly code?: string }) => {
      // Somebody else may have made it meanwhile.
      if (error.code !== 'EEXIST' || !(await isFolder(folder))) throw error
    })
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
