import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import type { Rig } from '../faults/rig.js'

export interface Row {
  readonly id: string
  readonly of: string
  readonly kind: string
  readonly state: string
  readonly rows: number
  readonly bytes: number
  readonly encrypted: boolean
  readonly verifiedAt: Date | null
  readonly damage: string | null
}

export const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'succeeded',
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  )

export const backupsOf = (rig: Rig) => ({
  create: async (tenant: string, more: object = {}): Promise<Row> =>
    (await rig.fleet.run<{ backup: Row }>('backup.create', { tenant, ...more })).backup,
  list: async (input: object = {}): Promise<readonly Row[]> =>
    (await rig.fleet.run<{ data: Row[] }>('backup.list', { limit: 500, ...input })).data,
  write: (tenant: string, body: string) => rig.fleet.app.tenant(tenant).query(sql`insert into note (body) values (${body})`),
})

/** Archives in a store, as folders with what is in them. */
export async function archivesIn(rig: Rig, store: string): Promise<readonly string[]> {
  const files = await readdir(join(rig.fleet.folder, store), { recursive: true, withFileTypes: true })
  const found = new Map<string, string[]>()
  for (const file of files.filter((one) => one.isFile())) {
    const folder = file.parentPath.split('/').at(-1)!
    found.set(folder, [...(found.get(folder) ?? []), file.name])
  }
  return [...found].map(([id, names]) => `${id}${names.includes('manifest') ? '' : ` without a manifest: ${names.join(' ')}`}`).sort()
}
