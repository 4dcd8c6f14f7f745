import type { RowOf } from 'tenantry/api'
import type { Tone } from './tone.js'

export type Backup = RowOf<'backup.list'>

export const BACKUP_KINDS = [
  'demand',
  'daily',
  'weekly',
  'monthly',
  'final',
  'platform',
  'database',
] as const satisfies readonly Backup['kind'][]

export interface Proof {
  readonly words: 'damaged' | 'proven' | 'verified' | 'kept' | 'being written' | 'being removed'
  readonly tone: Tone
}

/** What is known of a backup: damage before all else, and a restore that was found equal before a mere reading. */
export function proofOf({ state, damage, provenAt, verifiedAt }: Pick<Backup, 'state' | 'damage' | 'provenAt' | 'verifiedAt'>): Proof {
  if (state === 'writing') return { words: 'being written', tone: 'accent' }
  if (state === 'removing') return { words: 'being removed', tone: 'quiet' }
  if (damage !== null) return { words: 'damaged', tone: 'bad' }
  if (provenAt !== null) return { words: 'proven', tone: 'good' }
  return verifiedAt === null ? { words: 'kept', tone: 'warn' } : { words: 'verified', tone: 'good' }
}

/** The moment that it shows, or is kept since. */
export const momentOf = ({ at, keptAt }: Pick<Backup, 'at' | 'keptAt'>): string | null => at ?? keptAt

export interface Mark {
  readonly id: string
  /** From 0, the oldest, to 1, now. */
  readonly place: number
  readonly proof: Proof
}

/** Where backups stand on a line that ends now. Those without a moment stand nowhere. */
export function marksOf(backups: readonly Backup[], now: number): { readonly from: number; readonly marks: readonly Mark[] } {
  const dated = backups.flatMap((backup) => {
    const at = Date.parse(momentOf(backup) ?? '')
    return Number.isNaN(at) ? [] : [{ backup, at }]
  })
  const from = Math.min(now - 1, ...dated.map(({ at }) => at))
  return {
    from,
    marks: dated.map(({ backup, at }) => ({
      id: backup.id,
      place: Math.min(1, Math.max(0, (at - from) / (now - from))),
      proof: proofOf(backup),
    })),
  }
}

/** An id that was cut to what tells it apart for people. */
export const shortId = (id: string): string => id.slice(0, 8)
