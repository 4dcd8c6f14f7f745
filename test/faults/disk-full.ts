import { readFile } from 'node:fs/promises'
import { isFault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import { urlOf } from '../support/fleet.js'
import type { OwnServer } from '../support/own-server.js'
import type { SmallDisk } from '../support/small-disk.js'
import { checkGone, checkPlatform, checkPurged, checkTenant, placesOf } from './checker.js'
import { openEyes } from './eyes.js'
import { type ISOLATIONS, until } from './rig.js'
import type { Stage } from './stage.js'
import type { Tally } from './tally.js'

// The disk that the tenants' databases are on is full, while tenants are created, suspended and purged.

/** Databases that are made from now on are on this disk. The journal of the server (pg_wal) is not: without room for that no server lives. */
export async function putDatabasesOn(disk: SmallDisk, server: OwnServer): Promise<void> {
  const eyes = openEyes(urlOf(server))
  await eyes.see('postgres', `create tablespace small location '${disk.folder}'`)
  // New databases are its copies, and where it is.
  await eyes.see('postgres', 'alter database template0 set tablespace small')
  await eyes.close()
}

/** Leaves `left` bytes on the disk. Kills are faults that were met and told. */
export async function fillDisk(stage: Stage, disk: SmallDisk, isolation: (typeof ISOLATIONS)[number], left: number): Promise<Tally> {
  const { rig, cluster, server } = stage
  const { fleet, subject } = rig
  const slug = (what: string): string => `${isolation}-${left / 1_024}k-${what}`
  const violations: string[] = []
  for (const what of ['unpaid', 'gone']) await fleet.run('tenant.create', { slug: slug(what), isolation, cluster })
  await fleet.run('tenant.delete', { tenant: slug('gone'), reason: 'left us', grace: '0s' })
  const [place] = await placesOf(subject, slug('gone'))
  const purge = () => fleet.run('tenant.purge', { tenant: slug('gone'), waiveBackup: 'a drill' })

  // A new session would have to write down what it knows of the catalogs; one that is open need not.
  const read = () => fleet.app.tenant(`peace-${isolation}`).query(sql`select count(*) from note`)
  await read()
  // New databases are files with holes until they are written out, as every few minutes.
  await rig.eyes.see(place!.database, 'checkpoint')
  await disk.leave(left)
  let met = 0
  const tell = async (what: string, work: Promise<unknown>): Promise<'done' | 'refused'> => {
    try {
      await work
      return 'done'
    } catch (error) {
      met++
      if (!isFault(error, 'DISK_FULL')) violations.push(`${slug(what)}: the caller was told ${error}`)
      return 'refused'
    }
  }
  const made = await tell('made', fleet.run('tenant.create', { slug: slug('made'), isolation, cluster }))
  const suspended = await tell('unpaid', fleet.run('tenant.suspend', { tenant: slug('unpaid'), reason: 'unpaid' }))
  const purged = await tell('gone', purge())
  await read().catch((error) => violations.push(`a tenant on the full disk cannot be read: ${error}`))

  const roomAt = performance.now()
  await disk.leave(Number.POSITIVE_INFINITY)
  const open = `select from catalog.operation where state in ('running', 'undoing')`
  await until('all operations to end', async () => ((await rig.eyes.see(subject.catalog, open)).length === 0 ? true : undefined))
  const convergedMs = met > 0 ? [performance.now() - roomAt] : []

  const whole = (what: string) => checkTenant(subject, slug(what), { state: 'active', isolation, like: `peace-${isolation}` })
  if (made === 'refused') {
    violations.push(...(await checkGone(subject, slug('made'))))
    await fleet.run('tenant.create', { slug: slug('anew'), isolation, cluster })
    violations.push(...(await whole('anew')))
  } else violations.push(...(await whole('made')))
  violations.push(
    ...(suspended === 'refused' ? await whole('unpaid') : await checkTenant(subject, slug('unpaid'), { state: 'suspended', isolation })),
  )
  if (purged === 'refused') await purge()
  violations.push(...(await checkPurged(subject, slug('gone'), place!)))
  violations.push(...(await checkPlatform(subject)))
  if (server.postmaster() !== server.pid || /PANIC/.test(await readFile(`${server.dataDirectory}.log`, 'utf8'))) {
    violations.push('the server did not survive the full disk')
  }
  return { kills: met, violations: violations.map((one) => `disk full, ${left} bytes left: ${one}`), convergedMs }
}
