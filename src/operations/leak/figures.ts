import { z } from 'zod'
import { type LeakCount, leakBound } from '../../engine/leak/meter.js'

const control = z.object({
  pattern: z.string(),
  rowsRead: z.number(),
  wrongRead: z.number(),
  rowsStored: z.number(),
  wrongStored: z.number(),
})

export const leakFigures = z.object({
  passed: z
    .boolean()
    .describe('All was read that was asked for, no row was of another tenant, and the meter has shown that it would have seen one'),
  tenants: z.record(z.string(), z.number()).describe('How many of each isolation'),
  leftOut: z.array(z.string()).describe('Tenants that were made and could not be measured, and why'),
  clients: z.number(),
  seconds: z.number(),
  rowsRead: z.number(),
  rowsWritten: z.number(),
  wrong: z.number().describe('Rows of another tenant, read or written, and rows that should have been rolled back'),
  missing: z.number().describe('Reads that found nothing, although every tenant has rows'),
  rateBelow: z.number().nullable().describe('With 95 % confidence fewer rows than this share are wrong'),
  handovers: z.number().describe('How often a server connection answered one tenant right after another one'),
  cuts: z.number().describe('Connections that were cut'),
  failures: z.number().describe('Statements that failed and errors that were thrown, on purpose'),
  lost: z.number().describe('Units of work that lost their connection, or got none'),
  hung: z.number().describe('Units of work that did not end'),
  gaveUp: z.boolean().describe('Nearly nothing was answered any more, so it ended before it had what was asked for'),
  unexpected: z.array(z.string()).describe('Errors that nothing had caused on purpose; the first few'),
  pooler: z.boolean().describe('A pooler of transactions was seen in front'),
  control: z
    .array(control)
    .describe('Settings of the session in place of scopes, the same way: what must show wrong rows behind a pooler of transactions'),
})

export type LeakFigures = z.output<typeof leakFigures>

export interface Measured {
  readonly count: LeakCount
  readonly controls: readonly LeakCount[]
  readonly pooler: boolean
  readonly tenants: Readonly<Record<string, number>>
  readonly leftOut: readonly string[]
  readonly clients: number
  readonly seconds: number
}

export function figuresOf({ count, controls, pooler, tenants, leftOut, clients, seconds }: Measured): LeakFigures {
  const wrong = count.wrong + count.stored.misplaced + count.stored.doomed
  const control = controls.map(({ way, judged, wrong: wrongRead, stored }) => ({
    pattern: way.replace(/^control, /, ''),
    rowsRead: judged,
    wrongRead,
    rowsStored: stored.rows,
    wrongStored: stored.misplaced,
  }))
  const sees = !pooler || control.every(({ wrongRead }) => wrongRead > 0)
  return {
    passed: wrong === 0 && count.empty === 0 && count.judged > 0 && count.hung === 0 && !count.gaveUp && sees,
    tenants,
    leftOut: [...leftOut],
    clients,
    seconds,
    rowsRead: count.judged,
    rowsWritten: count.written,
    wrong,
    missing: count.empty,
    rateBelow: wrong === 0 && count.judged > 0 ? leakBound(count) : null,
    handovers: count.handovers,
    cuts: count.cuts.open + count.cuts.idle + count.cuts.flight,
    failures: count.faults.failing + count.faults.unknown + count.faults.thrown,
    lost: count.faults.lost,
    hung: count.hung,
    gaveUp: count.gaveUp,
    unexpected: [...count.unexpected],
    pooler,
    control,
  }
}

const grouped = (number: number): string => String(number).replace(/\B(?=(\d{3})+$)/g, ',')

export function sayFigures(f: LeakFigures): string {
  const isolations = Object.entries(f.tenants).map(([isolation, count]) => `${count} ${isolation}`)
  const share = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`
  return [
    `rows read      ${grouped(f.rowsRead)}`,
    `rows written   ${grouped(f.rowsWritten)}`,
    `wrong          ${grouped(f.wrong)}${f.rateBelow === null ? '' : `, so at 95 % fewer than 1 in ${grouped(Math.floor(1 / f.rateBelow))}`}`,
    ...(f.missing > 0 ? [`missing        ${grouped(f.missing)} reads found nothing of what is there`] : []),
    `by             ${f.clients} clients of ${isolations.join(', ')} tenants in ${f.seconds} s; ${grouped(f.cuts)} connections cut, ` +
      `${grouped(f.failures)} failures, ${grouped(f.handovers)} changes of tenant on a server connection`,
    ...f.leftOut.map((what) => `left out       ${what}`),
    ...f.control.map(
      ({ pattern, rowsRead, wrongRead, rowsStored, wrongStored }) =>
        `control        session settings, ${pattern}: ${share(wrongRead, rowsRead)} of ${grouped(rowsRead)} rows read and ` +
        `${share(wrongStored, rowsStored)} of ${grouped(rowsStored)} stored are wrong`,
    ),
    ...f.unexpected.map((error) => `unexpected     ${error}`),
    '',
    verdictOf(f),
  ].join('\n')
}

function verdictOf({ wrong, missing, rowsRead, lost, hung, gaveUp, pooler, control }: LeakFigures): string {
  if (rowsRead === 0) return 'nothing could be read: see the errors above'
  if (wrong > 0 || missing > 0) return 'tenants have been mixed up: keep this platform from customers, and report it'
  if (gaveUp)
    return `given up: nearly nothing was answered any more (${lost} units lost their connection, ${hung} did not end); look at the pooler`
  if (hung > 0) return `${hung} units of work did not end, so this shows nothing: look at the pooler, and measure again`
  if (!pooler)
    return 'no pooler of transactions stands in front: a session setting stays with its client, so the control has nothing to show here, and this says nothing of a pooler'
  if (control.some(({ wrongRead }) => wrongRead === 0))
    return 'the control shows no wrong row behind a pooler of transactions, so this meter would have seen none either: use more --clients than the pooler has connections'
  return 'tenants are kept apart; the control shows that this meter sees it when they are not'
}
