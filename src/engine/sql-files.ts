import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SqlFile } from '../isolation/install.js'

/** Our own numbered SQL files: `sql/catalog` or `sql/home`, beside the compiled code in the package and in a checkout alike. */
export async function readSqlFiles(kind: 'catalog' | 'home'): Promise<readonly SqlFile[]> {
  const folder = new URL(`../../sql/${kind}/`, import.meta.url)
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => ({
      number: Number(name.slice(0, 4)),
      name: name.slice(5, -4),
      text: await readFile(fileURLToPath(new URL(name, folder)), 'utf8'),
    })),
  )
}
