import { z } from 'zod'
import type { ErrorBudget } from '../../engine/halts.js'
import type { ItemOptions } from '../../engine/items.js'
import { plainText } from '../../engine/text-input.js'
import { parseWaves, type WaveSpec } from '../../engine/waves.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'

const UNITS = { s: 1_000, min: 60_000, h: 3_600_000 } as const
const RATE = /^(\d{1,6})\/(s|min|h)$/
const LABEL = /^([^=]{1,63})=([^,]{0,200})$/u

/** The fields of whatever works through the fleet home by home. */
export const fleetFields = {
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Homes at once, on each cluster'),
  mode: z
    .enum(['full_fleet', 'progressive', 'on_request'])
    .default('full_fleet')
    .describe(
      '`progressive` hands the run to the workers, who go through the fleet slowly, and answers at once; `on_request` lets each home wait until a scope needs it, for migrations that are fast and only add',
    ),
  rate: z
    .string()
    .regex(RATE, 'must be homes in a time, such as 10/min')
    .optional()
    .describe('Homes begun at most, such as 10/min (progressive: 30/min)'),
  canaries: z.coerce.number().int().min(1).max(10_000).optional().describe('So many homes first'),
  canary: z
    .string()
    .regex(LABEL, 'must be a label: key=value')
    .optional()
    .describe('Homes of tenants with this label first, such as ring=canary'),
  waves: z
    .string()
    .max(1_000)
    .superRefine((text, context) => {
      const found = parseWaves(text)
      if (typeof found === 'string') context.addIssue({ code: 'custom', message: found })
    })
    .optional()
    .describe('One after the other: shares of the fleet and groups of tenants, such as 5%,25%,100% or label=ring:early,tier=free'),
  soak: z
    .string()
    .refine(isDuration, 'must be a duration such as 10min')
    .optional()
    .describe('How long to wait after each wave, such as 10min'),
  pauseBetween: z.boolean().default(false).describe('Pause after each wave, until somebody goes on with `operation resume`'),
  errorBudget: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,2}%|%)?$/, 'must be a number of homes or a share of them, such as 3 or 1%')
    .refine((text) => !text.endsWith('%') || Number.parseFloat(text) <= 100, 'must be at most 100%')
    .optional()
    .describe('Homes that may fail before the run pauses, such as 3 or 1% (with waves: 0, otherwise any number)'),
  rounds: z.coerce
    .number()
    .int()
    .min(0)
    .max(100)
    .default(5)
    .describe('How often a home where somebody is in the way comes again, after the others'),
  despiteFreeze: plainText(200).optional().describe('Migrate although migrations are frozen; the reason is kept'),
  dryRun: z.boolean().default(false).describe('Only show what would be migrated, wave by wave'),
} as const

export type FleetInput = z.output<z.ZodObject<typeof fleetFields>>

const PROGRESSIVE_EVERY_MS = 2_000

/** In which waves, if in any. */
export function waveSpecOf({ canaries, canary, waves }: Pick<FleetInput, 'canaries' | 'canary' | 'waves'>): WaveSpec | undefined {
  if (canaries === undefined && canary === undefined && waves === undefined) return undefined
  const [, key = '', value = ''] = LABEL.exec(canary ?? '') ?? []
  const terms = parseWaves(waves ?? '100%')
  return { canaries, canary: canary === undefined ? undefined : { key, value }, terms: typeof terms === 'string' ? [] : terms }
}

function budgetOf({ errorBudget, ...given }: FleetInput): ErrorBudget | undefined {
  // Waves are there to find out early.
  const says = errorBudget ?? (waveSpecOf(given) === undefined ? undefined : '0')
  if (says === undefined) return undefined
  const number = Number.parseFloat(says)
  return { says, most: (total) => (says.endsWith('%') ? Math.floor((total * number) / 100) : number) }
}

function everyMs({ rate, mode }: FleetInput): number | undefined {
  const [, homes, unit] = RATE.exec(rate ?? '') ?? []
  if (homes !== undefined) return UNITS[unit as keyof typeof UNITS] / Math.max(1, Number(homes))
  return mode === 'progressive' ? PROGRESSIVE_EVERY_MS : undefined
}

/** How items are worked through, as the input says. */
export const fleetOptions = (given: FleetInput): Omit<ItemOptions, 'waves' | 'groupOf' | 'pace'> => ({
  parallel: given.parallel,
  rounds: given.rounds,
  budget: budgetOf(given),
  heedFreeze: given.despiteFreeze === undefined,
  everyMs: everyMs(given),
  between: { pause: given.pauseBetween, ...(given.soak === undefined ? {} : { soakMs: milliseconds(given.soak) }) },
})

/** Run by the workers alone. */
export const inBackground = ({ mode, dryRun }: Pick<FleetInput, 'mode' | 'dryRun'>): boolean => mode === 'progressive' && !dryRun
