import { z } from 'zod'
import { LINT_IDS } from '../../isolation/advisor/ids.js'
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

// From bad to good.
const SEVERITIES = ['error', 'warning', 'advice'] as const

export const failOn = z.enum(SEVERITIES).default('error').describe('The least that is not healthy, and ends with 1')

export const findingRow = z.object({
  severity: z.enum(SEVERITIES),
  check: z.enum(Object.keys(CHECKS) as [Check, ...Check[]]),
  lint: z.enum(LINT_IDS).optional().describe('The rule of the advisor that it breaks'),
  where: z.string().describe('cluster/database/object, as far as it goes'),
  reason: z.string(),
  fix: z.string().describe('A command or a sentence'),
  repairable: z.boolean().describe('`tenantry doctor --fix` repairs it'),
})

export const verdict = z.object({
  healthy: z.boolean().describe('Nothing that was found is an error, or as bad as `failOn` says'),
  errors: z.number(),
  warnings: z.number(),
  advice: z.number(),
  data: z.array(findingRow),
})

export function verdictOn(found: readonly Found[], least: z.output<typeof failOn>): z.output<typeof verdict> {
  const data = SEVERITIES.flatMap((severity) => found.filter(({ finding }) => finding.severity === severity)).map(
    ({ finding: { severity, check, lint, where, reason, fix, repair } }) => ({
      severity,
      check,
      ...(lint === undefined ? {} : { lint }),
      where,
      reason,
      fix,
      repairable: repair !== undefined,
    }),
  )
  const count = (severity: string): number => data.filter((row) => row.severity === severity).length
  const bad: readonly string[] = SEVERITIES.slice(0, SEVERITIES.indexOf(least) + 1)
  return {
    healthy: !data.some(({ severity }) => bad.includes(severity)),
    errors: count('error'),
    warnings: count('warning'),
    advice: count('advice'),
    data,
  }
}

export const COLUMNS = ['severity', 'check', 'lint', 'where', 'reason', 'fix'] as const

export function says({ healthy, errors, warnings, advice, data }: z.output<typeof verdict>): string {
  const repairable = data.filter((row) => row.repairable).length
  const count = (number: number, one: string, many: string): readonly string[] =>
    number === 0 ? [] : [`${number} ${number === 1 ? one : many}`]
  const counted = [
    ...count(errors, 'error', 'errors'),
    ...count(warnings, 'warning', 'warnings'),
    ...count(advice, 'piece of advice', 'pieces of advice'),
  ]
  return [
    healthy
      ? ['healthy', ...(counted.length === 0 ? [] : [`with ${counted.join(' and ')}`])].join(', ')
      : `not healthy: ${counted.join(', ')}`,
    ...(repairable === 0 ? [] : [`\`tenantry doctor --fix\` repairs ${repairable} of them`]),
  ].join('\n')
}
