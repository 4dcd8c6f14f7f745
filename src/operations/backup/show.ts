import { z } from 'zod'
import { type BackupKind, backupById } from '../../catalog/backups.js'
import { operation } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { humanDuration } from '../../kernel/durations.js'
import { checkId } from '../../kernel/identifiers.js'
import { awayOf, backupId, backupRow, describeBackup } from './row.js'

// The others stay, whatever policies say.
const BY_POLICY: ReadonlySet<BackupKind> = new Set(['daily', 'weekly', 'monthly'])

export const showBackup = operation({
  kind: 'direct',
  name: 'backup.show',
  summary: 'Show a backup: what it is of, where it is, and what is proven of it.',
  effect: 'read',
  input: z.strictObject({ backup: backupId }),
  output: backupRow.extend({
    operation: z.string().describe('That made it, or adopted it'),
    places: z.array(z.string()).describe('The store, and those where it is kept as well'),
    lsn: z.string().nullable().describe('Position in the write-ahead log of its server'),
    lsnExact: z.boolean().nullable().describe('Exactly what was committed before that position is in it; false: at least that'),
    serverVersion: z.number().nullable(),
    isolation: z.enum(['shared', 'schema', 'database']).nullable(),
    track: z.string().nullable(),
    fingerprint: z.string().nullable().describe('Of the rows'),
    shape: z.string().nullable().describe('Fingerprint of the tables'),
    ledgerDigest: z.string().nullable().describe('Of the migrations that it was taken at, with their checksums'),
    key: z.string().nullable().describe('Id of the data key; null where it is not encrypted'),
    manifestDigest: z.string().nullable(),
    provenMs: z.number().nullable().describe('How long it took to restore it then'),
  }),
  faults: ['BACKUP_NOT_FOUND', 'ID_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/backups/{backup}',
  words: {
    positionals: ['backup'],
    says: (b) =>
      [
        `${b.id}: ${b.adopted ? 'adopted' : b.kind} backup of ${b.of}${awayOf(b.standing)}${b.state === 'kept' ? '' : `, ${b.state}`}${b.note === null ? '' : ` (${b.note})`}`,
        `  shows       ${b.at?.toISOString() ?? 'nothing yet'}${b.lsn === null ? '' : `, ${b.lsnExact === true ? 'exactly' : 'at least'} ${b.lsn}`}`,
        `  holds       ${counted(b.rows ?? 0, 'row')} of ${counted(b.tables ?? 0, 'table')} at version ${b.version || 'none'}, ${humanBytes(b.plainBytes ?? 0)} as ${humanBytes(b.bytes ?? 0)}`,
        `  is in       ${b.places.join(', ')}, ${b.key === null ? 'not encrypted' : `encrypted with key ${b.key}`}`,
        `  verified    ${b.damage ?? b.verifiedAt?.toISOString() ?? `never: tenantry backup verify ${b.id}`}`,
        `  proven      ${b.provenAt === null ? 'never restored' : `${b.provenAt.toISOString()}, in ${humanDuration(b.provenMs ?? 0)}`}`,
        `  expires     ${b.expiresAt?.toISOString() ?? (BY_POLICY.has(b.kind) ? 'when its policy keeps enough newer ones' : `not before you say so: tenantry backup expire ${b.id}`)}`,
      ].join('\n'),
    passes: ({ damage }) => damage === null,
  },
  async call({ platform, fail }, { backup: id }) {
    const b = await platform.catalog.maybe(backupById(checkId(id, 'backup')))
    if (b === undefined) throw fail('BACKUP_NOT_FOUND', { backup: id })
    return {
      ...describeBackup(b),
      operation: b.operation,
      places: [b.store, ...b.copies],
      lsn: b.lsn,
      lsnExact: b.lsnExact,
      serverVersion: b.serverVersion,
      isolation: b.isolation,
      track: b.track,
      fingerprint: b.fingerprint,
      shape: b.shape,
      ledgerDigest: b.ledgerDigest,
      key: b.key,
      manifestDigest: b.manifestDigest,
      provenMs: b.provenMs,
    }
  },
})
