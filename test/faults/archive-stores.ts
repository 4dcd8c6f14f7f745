import { readdir, utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Rig } from './rig.js'

// Stores that are folders of the project, as a file system shows them.

const DAYS_MS = 2 * 86_400_000

async function filesOf(rig: Rig, store: string): Promise<readonly string[]> {
  const folder = join(rig.fleet.folder, store)
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return found.filter((one) => one.isFile()).map((one) => relative(folder, join(one.parentPath, one.name)))
}

/** Archives, by their ids; one without a manifest says so, and so does a file that belongs to none. */
export async function archivesOf(rig: Rig, store: string): Promise<readonly string[]> {
  const found = new Map<string, string[]>()
  for (const path of await filesOf(rig, store)) {
    if (path.startsWith('.drafts/')) continue
    const parts = path.split('/')
    // tenants/<whose>/<archive>/<object>
    const id = parts.length > 3 ? parts[2]! : path
    found.set(id, [...(found.get(id) ?? []), parts.at(-1)!])
  }
  return [...found].map(([id, names]) => `${id}${names.includes('manifest') ? '' : ` without a manifest: ${names.join(' ')}`}`).sort()
}

/** What somebody was writing when he died; made two days older on request. */
export async function draftsOf(rig: Rig, stores: readonly string[], aged?: 'two days ago'): Promise<readonly string[]> {
  const drafts: string[] = []
  for (const store of stores) {
    for (const path of await filesOf(rig, store)) if (path.startsWith('.drafts/')) drafts.push(join(store, path))
  }
  if (aged !== undefined) {
    const then = new Date(Date.now() - DAYS_MS)
    for (const draft of drafts) await utimes(join(rig.fleet.folder, draft), then, then)
  }
  return drafts
}

export async function keptIds({ eyes, subject }: Rig): Promise<readonly string[]> {
  const rows = await eyes.see<{ id: string }>(subject.catalog, `select id from catalog.backup where state = 'kept' order by id`)
  return rows.map(({ id }) => id)
}
