import { z } from 'zod'
import type { DriftClass } from '../../catalog/drift.js'
import { ISOLATIONS } from '../../catalog/homes.js'

export const classRow = z.object({
  class: z.string().describe('What `tenantry drift show` and `drift repair` take'),
  state: z.enum(['as expected', 'drifted', 'unknown']).describe('`unknown`: the files cannot say how these homes should be'),
  track: z.string().describe('Whose migrations the homes follow: `tenant`, or the name of a service'),
  version: z.string().describe('The newest migration that they have applied'),
  isolation: z.enum(ISOLATIONS),
  homes: z.number(),
  tenants: z.number(),
  first: z.array(z.string()).describe('A few of the homes, as `database.schema`'),
  scannedAt: z.date(),
})

export const COLUMNS = ['class', 'state', 'track', 'version', 'isolation', 'homes', 'tenants', 'first'] as const

export const rowOf = ({ class: name, state, track, version, isolation, homes, tenants, first, scannedAt }: DriftClass) => ({
  class: name,
  state,
  track,
  version,
  isolation,
  homes,
  tenants,
  first: [...first],
  scannedAt,
})

export const drifted = (classes: readonly DriftClass[]): number =>
  classes.filter(({ state }) => state === 'drifted').reduce((sum, { homes }) => sum + homes, 0)

interface Verdict {
  readonly pending: number
  readonly corrected?: number
  readonly data: readonly unknown[]
  readonly unscanned: number
}

export function verdict({ pending, corrected = 0, data, unscanned }: Verdict): string {
  const rest = unscanned === 0 ? '' : `; ${count(unscanned)} not been scanned as they are now: run \`tenantry drift scan\``
  const stood =
    corrected === 0
      ? ''
      : `; the catalog was behind the ledgers of ${homes(corrected)} and has been corrected: \`tenantry migrate status\` shows where they stand`
  if (pending === corrected) return `no home has drifted, as far as has been scanned: ${data.length} classes${stood}${rest}`
  return `${count(pending - corrected)} drifted; \`tenantry drift show CLASS\` says how${stood}${rest}`
}

const homes = (number: number): string => (number === 1 ? '1 home' : `${number} homes`)
const count = (number: number): string => `${homes(number)} ${number === 1 ? 'has' : 'have'}`
