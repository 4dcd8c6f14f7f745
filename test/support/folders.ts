import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/** A new folder that lasts until the end of the file of tests: `test/support/servers-worker.ts` takes it away. */
export async function newFolder(name: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `tenantry-${name}-`)))
  folders.add(folder)
  return folder
}

export async function removeFolders(): Promise<void> {
  const gone = [...folders]
  folders.clear()
  await Promise.all(gone.map((folder) => rm(folder, { recursive: true, force: true })))
}
