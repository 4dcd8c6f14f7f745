import type { Control } from 'tenantry/control'
import { readIfThere, writePrivate } from './private-files.js'

const NAME = 'npm start'

/** The key of the last start when the API still takes it, else a new one; kept in a file. */
export async function ensureApiKey(control: Control, { url, file }: { readonly url: string; readonly file: string }): Promise<string> {
  const kept = await readIfThere(file)
  if (kept !== '' && (await isTaken(url, kept))) return kept
  const { data } = (await control.run('key.list', { limit: 500 })) as {
    readonly data: readonly { readonly id: string; readonly name: string; readonly revokedAt: Date | null }[]
  }
  // Keys that nobody knows any more: a run was killed before it could keep them, or the file was removed.
  for (const lost of data.filter((key) => key.name === NAME && key.revokedAt === null))
    await control.run('key.revoke', { key: lost.id }, { actor: NAME })
  const { key } = (await control.run('key.create', { name: NAME, role: 'fleet-admin' }, { actor: NAME })) as { readonly key: string }
  await writePrivate(file, key)
  return key
}

const isTaken = async (url: string, key: string): Promise<boolean> =>
  (await fetch(`${url}/v1/keys`, { headers: { Authorization: `Bearer ${key}` } })).ok
