import { z } from 'zod'
import { recordPlatformDigest } from '../../catalog/clusters.js'
import { homeById, recordHomeVersion } from '../../catalog/homes.js'
import { itemNames } from '../../catalog/items.js'
import { applyContextOf } from '../../engine/apply-context.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'
import type { Session } from '../../postgres/session.js'
import { applyToHome, applyToPlatform } from '../../schema/apply.js'
import type { Migration } from '../../schema/migration-files.js'
import { checkMigration } from '../../schema/parse.js'
import { assertAlone } from './overlap.js'
import {
  filesOf,
  type Item,
  isAfter,
  itemsToUndo,
  planUndo,
  reachedBy,
  UNDOING_FAULTS,
  type Undoing,
  undoItem,
  undoing,
} from './undoing.js'

const input = z.strictObject(undoing)
type Context = StepContext<z.output<typeof input>, Undoing>

export const redoMigration = operation({
  kind: 'steps',
  pausable: true,
  name: 'migrate.redo',
  summary: 'Undo the newest migration in every home that has it, and apply it again. For development.',
  effect: 'destroy',
  input,
  output: z.object({
    dryRun: z.boolean(),
    homes: z.number().describe('Homes, or platform schemas, in which it ran again; with dryRun, would run'),
    tenants: z.number().describe('Tenants in them; a shared home serves many'),
    file: z.string().describe('What ran again; empty: nothing'),
  }),
  faults: UNDOING_FAULTS,
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/migrations/redo',
  words: {
    says: ({ dryRun, homes, tenants, file }) =>
      file === ''
        ? 'nothing to redo'
        : `${dryRun ? 'would run' : 'ran'} ${file} again in ${counted(homes, 'home')} with ${counted(tenants, 'tenant')}`,
    confirm: 'This runs the newest down section in every home, and what it drops is gone with its rows',
    typed: 'redo',
  },
  async accept(context, given) {
    const memory = await planUndo(context, 'migrate.redo', given, (versions, newest) => versions[versions.indexOf(newest) - 1] ?? '')
    for (const migration of await filesOf(context.platform, given))
      if (memory.files.includes(migration.file)) await checkMigration(migration)
    if (!given.dryRun) return { memory }
    return { done: { dryRun: true, homes: memory.found, tenants: memory.tenants, file: memory.files[0] ?? '' } }
  },
  again: ({ tx }, given) => assertAlone(tx, { name: 'migrate.redo', input: given }),
  steps: [{ name: 'redo', act: (context: Context) => redo(context) }],
  result: async ({ memory: { homes = 0, tenants, files } }) => ({ dryRun: false, homes, tenants, file: files[0] ?? '' }),
})

/**
 * Down and up again in one home before the next, so that none is left without it where all goes well. Where it was undone and could not be applied, only the
 * journal knows of it; a home that was further behind stays there.
 */
async function redo(context: Context): Promise<{ homes: number }> {
  const { platform, input: given, memory, by } = context
  if (memory.files.length === 0) return { homes: 0 }
  const files = await filesOf(platform, given)
  const again = files.filter(({ version, kind }) => kind === 'repeatable' || !isAfter(version, memory.from))
  const begun = await platform.catalog.rows(itemNames(by.operation))
  const items = await itemsToUndo(context, new Set(begun.map(({ item }) => item)))
  const { done } = await workThroughItems(
    context,
    items,
    async (item, key) => {
      await context.journal(await undoItem(platform, item, files, memory.to, by))
      await platform.failpoint(`migrate.redo/redo[${key}]:undone`)
      return applyAgain(context, item, again)
    },
    { parallel: given.parallel, heedFreeze: given.despiteFreeze === undefined, reached: (key) => reachedBy(platform, items.get(key)!) },
  )
  return { homes: done }
}

async function applyAgain(
  { platform, by }: Context,
  item: Item,
  migrations: readonly Migration[],
): Promise<(tx: Session) => Promise<void>> {
  const applying = applyContextOf(platform, by)
  if (item.kind === 'platform') {
    const { database } = await platform.tenantDatabase(item.database.id)
    const { digest } = await applyToPlatform(database, migrations, applying)
    return (tx) => tx.run(recordPlatformDigest(item.database.id, digest)).then(() => {})
  }
  const { database } = await platform.tenantDatabase(item.home.databaseId)
  // Read again: it is not where it was.
  const home = await platform.catalog.one(homeById(item.home.id))
  const { version, applied, digest } = await applyToHome(database, home, migrations, applying)
  return (tx) => tx.run(recordHomeVersion(home.id, version, applied, digest)).then(() => {})
}
