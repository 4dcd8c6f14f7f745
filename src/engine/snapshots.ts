import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { TENANT_TRACK } from '../catalog/homes.js'
import { fault } from '../kernel/faults.js'
import { folderOf, readTracks } from '../schema/check.js'
import type { Fact } from '../schema/drift/facts.js'
import { lineDifference } from '../schema/drift/line-difference.js'
import { renderSnapshot } from '../schema/drift/snapshot.js'
import type { Migration } from '../schema/migration-files.js'
import type { Config } from './config.js'

/** What files make, built wherever there is a server for it. */
export type SnapshotsBuilt = (files: readonly Migration[]) => Promise<readonly Fact[]>

export interface SnapshotState {
  readonly track: string
  readonly file: string
  readonly state: 'current' | 'differs' | 'missing' | 'written' | 'unchanged'
  readonly difference: string[]
}

/** Beside the folder `tenant/`, or in the folder of the service. */
const snapshotPath = (config: Pick<Config, 'migrations' | 'services'>, track: string): string =>
  track === TENANT_TRACK ? join(config.migrations, 'tenant.snapshot.txt') : join(folderOf(config, track), 'snapshot.txt')

/** Compares the snapshot of each track with what its files make, or writes it. Throws MIGRATION_INVALID, MIGRATION_FAILED, INPUT_INVALID. */
export async function verifySnapshots(
  config: Pick<Config, 'folder' | 'migrations' | 'services'>,
  build: SnapshotsBuilt,
  write: boolean,
): Promise<{ pending: number; data: SnapshotState[] }> {
  const data: SnapshotState[] = []
  for (const [track, files] of await readTracks(config)) {
    const path = snapshotPath(config, track)
    const text = renderSnapshot(await build(files))
    data.push({ track, file: relative(config.folder, path), ...(await settle(path, text, write)) })
  }
  return { pending: data.filter(({ state }) => state === 'differs' || state === 'missing').length, data }
}

async function settle(path: string, text: string, write: boolean): Promise<Pick<SnapshotState, 'state' | 'difference'>> {
  const unusable = (error: NodeJS.ErrnoException) =>
    fault('INPUT_INVALID', { issues: [`${path} cannot be used (${error.code ?? 'unknown'})`] }, { cause: error })
  const found = (
    await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw unusable(error)
    })
  )?.replaceAll('\r\n', '\n')
  if (found === text) return { state: write ? 'unchanged' : 'current', difference: [] }
  if (write) {
    await writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
      throw unusable(error)
    })
    return { state: 'written', difference: [] }
  }
  if (found === undefined) return { state: 'missing', difference: [] }
  return { state: 'differs', difference: [...lineDifference(found, text)] }
}
