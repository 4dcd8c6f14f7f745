import { type WatchedServer, watchedServers } from '../../src/catalog/watchdog.js'
import { type Collector, collectServer } from '../../src/engine/collect/collect.js'
import type { Platform } from '../../src/engine/platform.js'
import { openEyes } from '../../src/engine/watch/eyes.js'
import { sql } from '../../src/kernel/sql.js'

export interface Series {
  readonly metric: string
  readonly cluster: string
  readonly of: string | null
  readonly kind: string | null
  readonly unit: string
  readonly values: readonly (number | null)[]
}

export interface Shown {
  readonly everyS: number
  readonly times: readonly number[]
  readonly series: readonly Series[]
}

export const openCollector = (platform: Platform): Collector => ({
  platform,
  eyes: openEyes(platform, 'tenantry collector', { onlyLooks: true }),
})

export const serverOf = async ({ catalog }: Platform): Promise<WatchedServer> => (await catalog.rows(watchedServers))[0]!

/** Takes a sample as if a step had passed: what there is becomes older by that. */
export async function sample(collector: Collector, server: WatchedServer): Promise<void> {
  const { catalog } = collector.platform
  // By way of where nothing is: rows are changed one after the other.
  await catalog.run(sql`update catalog.sample set at = at - interval '1000 days' where step = 15`)
  await catalog.run(sql`update catalog.sample set at = at + interval '1000 days' - interval '15 s' where step = 15`)
  await catalog.run(sql`delete from catalog.collecting`)
  const { taken } = await collectServer(collector, server)
  if (!taken) throw new Error('it was not its turn')
}

/** The newest of what was read. */
export const newest = async ({ catalog }: Platform, source: string): Promise<Readonly<Record<string, Record<string, unknown>>>> => {
  const found = await catalog.maybe(sql<{ of: Readonly<Record<string, Record<string, unknown>>> }>`
    select s.facts -> 'of' as of from catalog.sample s where s.source = ${source} and s.step = 15 order by s.at desc limit 1`)
  return found?.of ?? {}
}
