import { z } from 'zod'
import { CHECKS, type Check, type Finding, told } from '../../isolation/doctor/finding.js'
import { isFault } from '../../kernel/faults.js'
import type { Database } from '../../postgres/session.js'

/** A finding with the database in which it is repaired. */
export interface Found {
  readonly finding: Finding
  readonly database: Database | undefined
}

/** Runs one check. A check that cannot be made is a finding, and stops no other. */
export async function attempt(
  database: Database | undefined,
  where: string,
  check: () => Promise<readonly Finding[]>,
): Promise<readonly Found[]> {
  try {
    return (await check()).map((finding) => ({ finding, database }))
  } catch (error) {
    const fix = isFault(error) ? error.remedy : 'correct the cause and look again'
    return [{ finding: told('doctor.failed', where, `a check failed: ${(error as Error).message}`, fix), database }]
  }
}

export const findingRow = z.object({
  severity: z.enum(['error', 'warning', 'note']),
  check: z.enum(Object.keys(CHECKS) as [Check, ...Check[]]),
  where: z.string().describe('cluster/database/object, as far as it goes'),
  reason: z.string(),
  fix: z.string().describe('A command or a sentence'),
  repairable: z.boolean().describe('`tenantry doctor --fix` repairs it'),
})

export const verdict = z.object({
  healthy: z.boolean().describe('Nothing that was found is an error'),
  errors: z.number(),
  warnings: z.number(),
  data: z.array(findingRow),
})

const ORDER = ['error', 'warning', 'note'] as const

export function verdictOn(found: readonly Found[]): z.output<typeof verdict> {
  const data = ORDER.flatMap((severity) => found.filter(({ finding }) => finding.severity === severity)).map(
    ({ finding: { severity, check, where, reason, fix, repair } }) => ({
      severity,
      check,
      where,
      reason,
      fix,
      repairable: repair !== undefined,
    }),
  )
  const count = (severity: string): number => data.filter((row) => row.severity === severity).length
  return { healthy: count('error') === 0, errors: count('error'), warnings: count('warning'), data }
}

export const COLUMNS = ['severity', 'check', 'where', 'reason', 'fix'] as const

export function says({ healthy, errors, warnings, data }: z.output<typeof verdict>): string {
  const repairable = data.filter((row) => row.repairable).length
  return [
    healthy ? (warnings === 0 ? 'healthy' : `healthy, with ${warnings} warnings`) : `not healthy: ${errors} errors, ${warnings} warnings`,
    ...(repairable === 0 ? [] : [`\`tenantry doctor --fix\` repairs ${repairable} of them`]),
  ].join('\n')
}
