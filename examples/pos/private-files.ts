import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The text of a file; empty when there is none. */
export const readIfThere = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )

/** Writes a file that only we can read, in one piece. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${text}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
}

/** A random password that is made once and then kept. */
export async function keptPassword(path: string): Promise<string> {
  const known = await readIfThere(path)
  if (known !== '') return known
  const password = randomBytes(24).toString('base64url')
  await writePrivate(path, password)
  return password
}
