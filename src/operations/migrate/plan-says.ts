import type { Forecast } from '../../engine/forecast/forecast.js'
import { itemSays } from '../../engine/item-says.js'
import { counted } from '../../kernel/counted.js'
import { humanDuration } from '../../kernel/durations.js'

interface Said {
  readonly pendingHomes: number
  readonly pendingPlatforms: number
  readonly files: readonly {
    readonly file: string
    readonly program: boolean
    readonly homes: number
    readonly shared: number
    readonly tenants: number
    readonly aboutMs: number
    readonly budgetMs: number
    readonly fits: boolean
    readonly advice: readonly string[]
  }[]
  readonly forecast: Forecast & { readonly asked: boolean }
}

const SHOWN = 20

/** The plan in sentences: over how many homes, what takes long, and what would fail. */
export function planSays({ pendingHomes, pendingPlatforms, files, forecast }: Said): string {
  if (pendingHomes + pendingPlatforms === 0) return 'nothing is pending: every home is at the newest migration'
  return [
    `${counted(pendingHomes, 'home')} and ${counted(pendingPlatforms, 'platform schema')} are behind`,
    ...files.map(fileSays),
    ...files.flatMap(({ file, advice }) => advice.map((line) => `  ${file} ${line}`)),
    ...forecastSays(forecast),
  ].join('\n')
}

function fileSays({ file, program, homes, shared, tenants, aboutMs, budgetMs, fits }: Said['files'][number]): string {
  const where = `${counted(homes, 'home')}${shared === 0 ? '' : `, ${shared} of them shared`}, with ${counted(tenants, 'tenant')}`
  if (program) return `${file}: ${where}; a program: its locks and time are not known`
  const wait = aboutMs === 0 ? 'nobody waits' : `others wait for about ${humanDuration(aboutMs)} in its largest home`
  const long = fits
    ? ''
    : `: longer than the ${humanDuration(budgetMs)} that it may; make it shorter, or state a budget on its line, as \`-- migrate:up budget:${Math.ceil((aboutMs * 2) / 1_000)}s\``
  return `${file}: ${where}; ${wait}${long}`
}

function forecastSays({ asked, homes, findings, unanswered, unknowable }: Said['forecast']): readonly string[] {
  if (!asked) return ['no home was asked whether its data let the files pass (--no-forecast)']
  const places = new Set(findings.map(({ database, home }) => `${database}.${home}`))
  const verdict =
    findings.length === 0
      ? `forecast: nothing stands in the way in ${homes - new Set(unanswered.map(({ home }) => home)).size} of ${homes} homes`
      : `forecast: ${places.size} of ${homes} homes would fail`
  return [
    verdict,
    ...cut(findings, ({ file, line, what, rows, keys, ...home }) => {
      const first = keys.length === 0 ? '' : `, the first: ${keys.map((key) => `(${key})`).join(' ')}`
      return `  ${homeSays(home)} at ${file}:${line}: ${rows === null ? '' : `${rows} `}${what}${first}`
    }),
    ...cut(
      unanswered,
      ({ file, line, what, why, ...home }) =>
        `  not known of ${homeSays(home)}${file === '' ? '' : ` at ${file}:${line}`}: ${what}: ${why}`,
    ),
    ...cut(unknowable, ({ file, line, what, why }) => `  not knowable before ${file}:${line} runs: ${what}; ${why}`),
  ]
}

const homeSays = ({ tenant, database, home }: Pick<Forecast['findings'][number], 'tenant' | 'database' | 'home'>): string =>
  itemSays({ item: `${database}.${home}`, tenant })

function cut<T>(list: readonly T[], says: (one: T) => string): readonly string[] {
  const lines = list.slice(0, SHOWN).map(says)
  return list.length > SHOWN ? [...lines, `  and ${list.length - SHOWN} more; --json has them all`] : lines
}
