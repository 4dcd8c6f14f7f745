import type { PendingHome } from '../../catalog/pending.js'
import { isFault } from '../../kernel/faults.js'
import type { Database } from '../../postgres/session.js'
import { foresee } from '../../schema/forecast/foresee.js'
import type { Platform } from '../platform.js'
import { visit } from '../visit.js'
import { askHomes } from './ask-homes.js'
import { type PendingClass, pendingClasses } from './pending.js'

/** Something that would make a file fail in a home. */
export interface Foreboding {
  readonly home: string
  /** Slug of the tenant that it is of; null where there are many or none. */
  readonly tenant: string | null
  readonly database: string
  readonly file: string
  readonly line: number
  readonly what: string
  /** Null where they could not be counted. */
  readonly rows: number | null
  /** Primary keys of the first of them. */
  readonly keys: readonly string[]
}

/** What could not be asked of a home, and why: it may fail there or not. */
export interface Unanswered {
  readonly home: string
  /** Slug of the tenant that it is of; null where there are many or none. */
  readonly tenant: string | null
  readonly database: string
  readonly file: string
  readonly line: number
  readonly what: string
  readonly why: string
}

export interface Forecast {
  readonly findings: readonly Foreboding[]
  readonly unanswered: readonly Unanswered[]
  /** The same for every home: what only the files in front decide. */
  readonly unknowable: readonly { readonly file: string; readonly line: number; readonly what: string; readonly why: string }[]
  /** Homes and platform schemas that were asked. */
  readonly homes: number
}

export interface ForecastOptions {
  /** Only the homes of this service, and no platform tables. */
  readonly service?: string | undefined
  /** Only these homes, by id. Default: all that are behind. */
  readonly homes?: ReadonlySet<string> | undefined
  /** False asks nothing: for `also` alone. Default: true. */
  readonly ask?: boolean | undefined
  /** What is pending, when it is known already. */
  readonly classes?: readonly PendingClass[] | undefined
  /** Told of each database that was visited, while it is open: what else is to be asked there needs no other visit. */
  readonly also?: ((database: Database, homes: readonly PendingHome[]) => Promise<void>) | undefined
}

const DATABASES_AT_ONCE = 4

/**
 * Asks the homes that are behind for what would make their next files fail: rows that break a constraint or a cast, objects that are missing or there
 * already. It reads only, a hundred homes in one query, and each shared home once. What it does not name may still fail: data changes, and
 * a lock may be held when the files run. Throws MIGRATION_INVALID and SERVICE_UNKNOWN.
 */
export async function forecast(platform: Platform, options: ForecastOptions = {}): Promise<Forecast> {
  const classes = options.classes ?? (await pendingClasses(platform, options.service))
  const found: { findings: Foreboding[]; unanswered: Unanswered[] } = { findings: [], unanswered: [] }
  const questions = await Promise.all(
    classes.map(async ({ files, trouble }) => (trouble === undefined && options.ask !== false ? foresee(files) : undefined)),
  )
  const wanted = ({ id }: PendingHome): boolean => options.homes === undefined || options.homes.has(id)
  for (const { homes, files, trouble } of classes) {
    if (trouble === undefined) continue
    for (const { schema: home, tenant, database } of homes.filter(wanted))
      found.findings.push({ home, tenant, database, file: files[0]?.file ?? '', line: 1, what: trouble, rows: null, keys: [] })
  }
  await eachDatabase(
    classes.flatMap(({ homes }) => homes.filter(wanted)),
    async (homes) => {
      try {
        await visit(platform, { adminRef: homes[0]!.adminRef, name: homes[0]!.database }, async (database) => {
          await options.also?.(database, homes)
          for (const [at, { homes: members }] of classes.entries()) {
            const asked = questions[at]
            const here = members.filter((home) => home.databaseId === homes[0]!.databaseId && wanted(home))
            if (asked !== undefined && here.length > 0) await askHomes(database, platform.names.owner, here, asked, found)
          }
        })
      } catch (error) {
        if (!isFault(error, 'SERVER_UNREACHABLE', 'LOGIN_REFUSED', 'DATABASE_MISSING')) throw error
        const why = error.message
        for (const { schema: home, tenant, database } of homes)
          found.unanswered.push({ home, tenant, database, file: '', line: 1, what: 'everything', why })
      }
    },
  )
  const unknowable = new Map(
    questions.flatMap((asked) => asked?.unknowable ?? []).map((one) => [`${one.file}:${one.line} ${one.what}`, one]),
  )
  const order = (a: Foreboding | Unanswered, b: Foreboding | Unanswered): number =>
    a.file.localeCompare(b.file) || a.line - b.line || a.database.localeCompare(b.database) || a.home.localeCompare(b.home)
  return {
    findings: found.findings.sort(order),
    unanswered: found.unanswered.sort(order),
    unknowable: [...unknowable.values()],
    homes: classes.flatMap(({ homes }) => homes.filter(wanted)).length,
  }
}

async function eachDatabase(homes: readonly PendingHome[], work: (homes: readonly PendingHome[]) => Promise<void>): Promise<void> {
  const databases = new Map<string, PendingHome[]>()
  for (const home of homes) databases.set(home.databaseId, [...(databases.get(home.databaseId) ?? []), home])
  const waiting = [...databases.values()].values()
  const worker = async (): Promise<void> => {
    for (const next of waiting) await work(next)
  }
  await Promise.all(Array.from({ length: DATABASES_AT_ONCE }, worker))
}
