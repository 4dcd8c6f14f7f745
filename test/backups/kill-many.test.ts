import { afterAll, beforeAll, expect, test } from 'vitest'
import { amongOthers, killVictims, type Victim } from '../faults/archive-kills.js'
import { allBackups, databaseBackups, dueBackup } from '../faults/backup-victims.js'
import { merges } from '../faults/home-victims.js'
import { type Rig, startRigOn } from '../faults/rig.js'
import { fill } from '../restore/rig.js'
import { testServer, whyMissing } from '../support/servers-injected.js'

// Debian's own client programs are there with its server: elsewhere nothing dumps a database.
const dumps = whyMissing('debian-15') === undefined
const stores = ['archives', 'copies']
const only =
  (end: string) =>
  (points: readonly string[]): readonly string[] =>
    points.filter((point) => point.endsWith(end)).slice(0, 1)

let rig: Rig
beforeAll(async () => {
  rig = await startRigOn(
    dumps ? testServer('debian-15') : testServer(),
    { 'bystander-shared': 'shared' },
    {
      config: { archives: { copies: [{ folder: 'copies' }] } },
    },
  )
  await fill(rig, 'bystander-shared', 'beware')
})
afterAll(() => rig?.stop())

test('merges, a backup of all, what is due and a dump that are killed come to their end: once, wholly, and nothing is left', async () => {
  // In full with `npm run drill -- faults --kind archives`.
  // Before its last step a merge has done nothing.
  const { victims: merging, between } = await merges(rig, (points) => points.filter((point) => !point.includes('/begin:')))
  const due = await dueBackup(rig, 'backup.due/archive[]:kept', 0)
  const slugs = ['bystander-shared', due.slug, ...merging.map(({ input }) => input.tenant as string)]
  const victims: readonly Victim[] = [
    ...merging,
    { ...due.victim, adds: { backups: 1 } },
    ...(await allBackups(rig, slugs, only(':copied'))),
    ...(dumps ? await databaseBackups(rig, 'backup.database', only(':written')) : []),
  ]
  const others = { stores, bystanders: ['bystander-shared'] }
  const tally = await amongOthers(rig, others, async () => ({
    tally: await killVictims(rig, victims, { together: true, between }),
    victims,
  }))
  expect(tally.violations).toEqual([])
  expect(tally.kills).toBe(dumps ? 6 : 5)
}, 90_000)
