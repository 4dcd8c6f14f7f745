import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { SqlFile } from '../kernel/ledger.js'

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

/** The files of this version. */
export interface PlatformFiles {
  readonly catalogFiles: readonly SqlFile[]
  readonly homeFiles: readonly SqlFile[]
}

export async function readPlatformFiles(): Promise<PlatformFiles> {
  const [catalogFiles, homeFiles] = await Promise.all([readSqlFiles('catalog'), readSqlFiles('home')])
  return { catalogFiles, homeFiles }
}
