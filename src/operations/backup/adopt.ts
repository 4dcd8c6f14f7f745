import { z } from 'zod'
import { countPlaced } from '../../catalog/backup-adoption.js'
import { BACKUP_KINDS, type Backup, backupById, backupsMadeBy, backupsPlacedBy, madeBy, STANDINGS } from '../../catalog/backups.js'
import { ISOLATIONS } from '../../catalog/homes.js'
import { adoptArchives, type Found, MOST_TOLD } from '../../engine/backup/adopting.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { fault } from '../../kernel/faults.js'
import { checkId } from '../../kernel/identifiers.js'
import { plain } from '../../kernel/plain-text.js'
import { awayOf, backupId } from './row.js'

const input = z.strictObject({
  backup: backupId.optional().describe('Only the archive of this id'),
  place: z
    .string()
    .min(1)
    .max(1_200)
    .optional()
    .describe('Only this one of the places that the configuration names, as `backup show` calls it'),
  unencrypted: z
    .boolean()
    .default(false)
    .describe('Also archives that are not encrypted, though there are keys: nothing proves who has written them'),
  dryRun: z.boolean().default(false).describe('Only show what would be entered'),
  parallel: z.coerce.number().int().min(1).max(16).default(4).describe('Archives at once'),
  background: z.boolean().default(false).describe('Hand it to the workers'),
})

const adoptedRow = z.object({
  id: z.string(),
  of: z.string().describe('Slug of the tenant as it was then, or the name of the database'),
  tenant: z.string().nullable().describe('Id of the tenant; null where it is of a database'),
  standing: z.enum(STANDINGS).nullable().describe('Whether the tenant is here, was purged here, or was never known here'),
  kind: z.enum(BACKUP_KINDS).describe('demand for all of tenants: an archive does not say what it was made for'),
  at: z.string().describe('The moment that it shows, by the clock of the server that it was taken on'),
  version: z.string().nullable().describe('Schema version'),
  isolation: z.enum(ISOLATIONS).nullable(),
  rows: z.number().nullable(),
  bytes: z.number().nullable().describe('In one place'),
  encrypted: z.boolean(),
  places: z.array(z.string()).describe('Where it was found whole'),
})

const output = z.object({
  entered: z.number().describe('Archives that the catalog did not know, and knows now'),
  placed: z.number().describe('Backups that were known, found in a place more'),
  unread: z.number().describe('That could not be read, in one place; left as they are'),
  dryRun: z.boolean().describe('Nothing was entered'),
  places: z.array(
    z.object({
      name: z.string(),
      archives: z.number().describe('That are there, of all'),
      code: z.string().nullable().describe('Of the fault, where it could not be looked through'),
      message: z.string().nullable(),
    }),
  ),
  data: z.array(adoptedRow).describe('What was entered, 1,000 at most'),
  added: z.array(adoptedRow).describe('What was found in a place more, 1,000 at most'),
  faults: z
    .array(z.object({ archive: z.string(), owner: z.string(), place: z.string(), code: z.string(), message: z.string() }))
    .describe('What could not be read, and why; 1,000 at most'),
})

type Row = z.output<typeof adoptedRow>
type Output = z.output<typeof output>

interface Memory extends Record<string, unknown> {
  /** Of the attempt that came to its end. */
  readonly found?: Output
}
type Context = StepContext<z.output<typeof input>, Memory>

// More than anybody reads; `backup list` has them all.
const MOST_SHOWN = 1_000

export const adoptBackups = operation({
  kind: 'steps',
  name: 'backup.adopt',
  summary: 'Enter archives that are in the places of the configuration and that the catalog does not know, such as after its loss.',
  effect: 'change',
  input,
  output,
  faults: ['BACKUP_NOT_FOUND', 'ID_INVALID', 'INPUT_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/backups/adopt',
  words: {
    says: (o) =>
      [
        ...o.places.map(
          ({ name, archives, message }) => `${name}: ${message === null ? counted(archives, 'archive') : plain(message, MOST_TOLD)}`,
        ),
        `${o.dryRun ? 'would enter' : 'entered'} ${counted(o.entered, 'backup')}${o.placed === 0 ? '' : `, and ${o.dryRun ? 'would note' : 'noted'} a further place of ${o.placed} that ${o.placed === 1 ? 'is' : 'are'} known`}`,
        ...o.data.map((row) => `  ${lineOf(row)}`),
        ...o.added.map((row) => `  ${lineOf(row)}, also in ${row.places.join(', ')}`),
        ...(o.unread === 0 ? [] : [`${o.unread} could not be read, and ${o.unread === 1 ? 'was' : 'were'} left as found`]),
        ...o.faults.map(({ place, code, message }) => `  ${code}: ${plain(message, MOST_TOLD)} (${place})`),
        ...(o.entered + o.placed === 0 || o.dryRun
          ? []
          : [
              'none of them was read to its end yet: `tenantry backup verify --unverified`; `tenantry backup restore ID --as SLUG` makes a tenant of one',
            ]),
      ].join('\n'),
    passes: ({ unread, places }) => unread === 0 && places.every(({ code }) => code === null),
  },
  background: ({ background, dryRun }) => background && !dryRun,
  async accept(_, { backup: id }) {
    if (id !== undefined) checkId(id, 'backup')
    return { memory: {} as Memory }
  },
  steps: [
    {
      name: 'read',
      async act(context: Context) {
        const { platform, input: given } = context
        const { dryRun, unencrypted, parallel, backup = null, place = null } = given
        const { places, entered, placed, unread } = await adoptArchives(context, {
          ...{ archive: backup, place, unencrypted, dryRun, parallel },
          atBorder: (archive) => platform.failpoint(`backup.adopt/read[${archive}]:entered`),
        })
        const nothing = entered.length + placed.length + unread.length === 0 && places.every(({ code }) => code === null)
        if (backup !== null && nothing && (await platform.catalog.maybe(backupById(backup))) === undefined) {
          throw fault('BACKUP_NOT_FOUND', { backup })
        }
        const found: Output = {
          ...{ entered: entered.length, placed: placed.length, unread: unread.length, dryRun, places: [...places] },
          data: entered.slice(0, MOST_SHOWN).map(rowOf),
          added: placed.slice(0, MOST_SHOWN).map(rowOf),
          faults: unread.slice(0, MOST_SHOWN),
        }
        return { found }
      },
    },
  ],
  async result({ platform, by, memory, input: { dryRun } }: Context) {
    const found = memory.found!
    if (dryRun) return found
    // An attempt that died may have entered some of them, and noted places of others.
    const [{ backups: entered }, rows] = [
      await platform.catalog.one(madeBy(by.operation)),
      await platform.catalog.rows(backupsMadeBy(by.operation, MOST_SHOWN)),
    ]
    const [{ backups: placed }, added] = [
      await platform.catalog.one(countPlaced(by.operation)),
      await platform.catalog.rows(backupsPlacedBy(by.operation, MOST_SHOWN)),
    ]
    return { ...found, entered, placed, data: rows.map(rowOfBackup), added: added.map(rowOfBackup) }
  },
})

const rowOfBackup = (b: Backup): Row => rowOf({ ...b, at: b.takenAt?.toISOString() ?? '', places: [b.store, ...b.copies] })

const rowOf = ({ id, slug, tenant, standing, kind, at, version, isolation, rows, bytes, key, places }: Found): Row => ({
  id,
  of: slug,
  tenant,
  standing,
  kind,
  at,
  version,
  isolation,
  rows,
  bytes,
  encrypted: key !== null,
  places: [...places],
})

const lineOf = ({ id, of, kind, at, rows, bytes, encrypted, standing }: Row): string => {
  const what = kind === 'demand' ? `tenant ${of}${awayOf(standing)}` : `${kind === 'platform' ? 'the shared tables of' : 'database'} ${of}`
  return `${id} of ${what}: ${at}, ${rows ?? 0} rows, ${humanBytes(bytes ?? 0)}${encrypted ? '' : ', not encrypted'}`
}
