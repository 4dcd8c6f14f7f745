import { z } from 'zod'
import { BACKUP_KINDS, type Backup, STANDINGS, type Standing } from '../../catalog/backups.js'

/** A backup as every surface shows it. */
export const backupRow = z.object({
  id: z.string(),
  of: z.string().describe('Slug of the tenant as it was then, or the name of the database'),
  tenant: z.string().nullable().describe('Id of the tenant; null where it is of platform tables'),
  standing: z
    .enum(STANDINGS)
    .nullable()
    .describe('Whether the tenant is here, was purged here, or was never known here; null where it is of platform tables'),
  kind: z.enum(BACKUP_KINDS),
  state: z.enum(['writing', 'kept', 'removing']),
  at: z.date().nullable().describe('The moment that it shows, by the clock of the server that it was taken on'),
  keptAt: z.date().nullable().describe('Since when it is complete, in every place'),
  version: z.string().nullable().describe('Schema version'),
  rows: z.number().nullable(),
  tables: z.number().nullable(),
  bytes: z.number().nullable().describe('In one store'),
  plainBytes: z.number().nullable().describe('Before compression'),
  encrypted: z.boolean(),
  verifiedAt: z.date().nullable().describe('When every frame and count of it was found right in every place'),
  damage: z.string().nullable().describe('What was wrong with it when it was verified last'),
  provenAt: z.date().nullable().describe('When it was restored and found equal'),
  expiresAt: z.date().nullable(),
  adopted: z.boolean().describe('It was found in its places: this catalog has not made it'),
  note: z.string().nullable(),
})

export const describeBackup = (b: Backup): z.output<typeof backupRow> => ({
  id: b.id,
  of: b.slug,
  tenant: b.tenant,
  standing: b.standing,
  kind: b.kind,
  state: b.state,
  at: b.takenAt,
  keptAt: b.keptAt,
  version: b.version,
  rows: b.rows,
  tables: b.tables,
  bytes: b.bytes,
  plainBytes: b.plainBytes,
  encrypted: b.key !== null,
  verifiedAt: b.verifiedAt,
  damage: b.damage,
  provenAt: b.provenAt,
  expiresAt: b.expiresAt,
  adopted: b.adopted,
  note: b.note,
})

/** Behind the name of a tenant, where it is not here. */
export const awayOf = (standing: Standing | null): string => AWAY[standing ?? 'here']

const AWAY = { here: '', purged: ', which was purged', unknown: ', which this catalog does not know' } as const

export const backupId = z.string().min(36).max(36).describe('Id of the backup')
