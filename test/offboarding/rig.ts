import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeys, openStore } from '../../src/stores/open-store.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet, FleetOptions } from '../../src/testing/fleet.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { writeArchive } from '../../src/transfer/archive/writer.js'
import { writeConfig } from '../faults/children.js'
import { type Rig, rigOf } from '../faults/rig.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

export interface OffboardingRig extends Rig {
  readonly places: { readonly store: string; readonly copy: string; readonly keys: string; readonly keysCopy: string }
  /** Called at failpoints of this process. */
  at: (point: string) => Promise<void>
  readonly master: string
  /** Every file below a folder. */
  readonly files: (folder: string) => Promise<readonly string[]>
  /** Writes an archive with the tenant's current key, or in the clear, into store and copy; answers its id. */
  readonly archive: (tenant: string, archive: string, clear?: boolean) => Promise<string>
  /** Reads all of an archive in this folder, with the keys as the configuration names them. */
  readonly read: (folder: string, tenant: string, archive: string) => Promise<string>
}

/** A fleet whose archives have a copy and keys, and whose keys have a copy. */
export async function startOffboarding(tenants: FleetOptions['tenants']): Promise<OffboardingRig> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-offboarding-'))
  const places = { store: join(folder, 'a'), copy: join(folder, 'b'), keys: join(folder, 'k'), keysCopy: join(folder, 'l') }
  const master = randomBytes(32).toString('hex')
  const archives = {
    store: { folder: places.store },
    copies: [{ folder: places.copy }],
    keys: { provider: { secrets: ['env:MASTER'] }, store: { folder: places.keys }, copies: [{ folder: places.keysCopy }] },
  }
  let rig: OffboardingRig
  const fleet: Fleet = await fleetOn(testServer(), {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN, lease: '1s', archives },
    secrets: { 'env:MASTER': master },
    failpoint: (point) => rig?.at(point) ?? Promise.resolve(),
    ...(tenants === undefined ? {} : { tenants }),
  })
  await writeConfig(fleet)
  const plain = rigOf(fleet, urlOf(testServer()))
  const keys = () => openKeys(fleet.platform.config.archives.keys!, fleet.secrets)
  const store = (path: string) => openStore({ folder: path }, fleet.secrets)
  const files = async (path: string): Promise<readonly string[]> => {
    const found = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])
    return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  }
  rig = {
    ...plain,
    places,
    master,
    at: async () => {},
    files,
    archive: async (tenant, archive, clear = false) => {
      const key = clear ? null : await keys().current(tenant)
      for (const path of [places.store, places.copy]) {
        const content = async function* () {
          yield Buffer.from(`rows of ${tenant}\n`)
        }
        await writeArchive(
          { store: store(path), tenant, archive, key, compression: 'none' },
          { lanes: 1, streams: [{ name: 'home.note', read: content }], facts: async () => ({}) },
        )
      }
      return archive
    },
    read: async (path, tenant, archive) => {
      const opened = await openArchive({ store: store(path), tenant, archive, keys: keys() })
      const chunks: Buffer[] = []
      for (const { name } of opened.streams) for await (const chunk of opened.read(name)) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    },
    stop: async () => {
      await plain.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return rig
}

/** As docs/offboarding.md tells: with openssl and nothing of ours. */
export async function opensslVerifies(certificate: { content: string; signature: string; publicKey: string }): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-certificate-'))
  const path = (name: string): string => join(folder, name)
  try {
    await writeFile(path('acme.json'), certificate.content)
    await writeFile(path('acme.b64'), `${certificate.signature}\n`)
    await writeFile(path('key.pem'), certificate.publicKey)
    const openssl = (...args: readonly string[]): number | null => spawnSync('openssl', args, { cwd: folder }).status
    if (openssl('base64', '-d', '-A', '-in', 'acme.b64', '-out', 'acme.sig') !== 0) throw new Error('openssl cannot decode')
    const verified = openssl('pkeyutl', '-verify', '-pubin', '-inkey', 'key.pem', '-rawin', '-in', 'acme.json', '-sigfile', 'acme.sig')
    return verified === 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const contentOf = async (paths: readonly string[]): Promise<readonly Buffer[]> => Promise.all(paths.map((path) => readFile(path)))
