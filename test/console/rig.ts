import type { Page } from 'playwright-core'
import type { Role } from '../../src/catalog/keys.js'
import { CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet, FleetOptions } from '../../src/testing/fleet.js'
import { closePages, openPage, type PageOptions } from '../support/browser.js'
import { fleetOn } from '../support/fleet.js'
import { startServeProcess } from '../support/serve-process.js'
import { testServer } from '../support/servers-injected.js'

/** A fleet, and the built `tenantry serve` over it as a process of its own. */
export interface Rig {
  readonly fleet: Fleet
  readonly url: string
  /** A key with this role, made once. */
  readonly key: (role: Role, tenant?: string) => Promise<string>
  /** A page of the console that is signed in with this role (default fleet-admin), at this path, for this test. */
  readonly open: (
    path: string,
    options?: Partial<Omit<PageOptions, 'url' | 'key'>> & { readonly role?: Role; readonly tenant?: string },
  ) => Promise<Page>
  /** As a crash does. */
  readonly kill: () => Promise<void>
  /** After `kill`, at the same port. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startRig(options: Partial<FleetOptions> = {}): Promise<Rig> {
  const fleet = await fleetOn(testServer(), { migrations: CONTRACT_MIGRATIONS, ...options })
  const serving = await startServeProcess(fleet, options)
  const keys = new Map<string, Promise<string>>()
  const key: Rig['key'] = (role, tenant) => {
    const made = keys.get(`${role} ${tenant}`) ?? newKey(fleet, role, tenant)
    keys.set(`${role} ${tenant}`, made)
    return made
  }
  return {
    fleet,
    url: serving.url,
    key,
    open: async (path, { role = 'fleet-admin', tenant, ...more } = {}) => {
      const page = await openPage({ url: serving.url, key: await key(role, tenant), ...more })
      await page.goto(path)
      return page
    },
    kill: serving.kill,
    start: serving.start,
    stop: async () => {
      await closePages(serving.url)
      await serving.kill()
      await fleet.stop()
    },
  }
}

const newKey = async (fleet: Fleet, role: Role, tenant: string | undefined): Promise<string> =>
  (await fleet.run<{ key: string }>('key.create', { name: `console ${role}`, role, ...(tenant === undefined ? {} : { tenant }) })).key
