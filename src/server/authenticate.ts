import { hashApiKey, isApiKey } from '../catalog/key-format.js'
import { type ApiKey, noteKeyUse, usableKey } from '../catalog/keys.js'
import type { Platform } from '../engine/platform.js'
import { systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { sqlstate } from '../postgres/errors.js'

const NOTED_EVERY_MS = 60_000

/** What looks like a key, a session or an invitation, for taking it out of what is written down. */
const KEY = /(tn[ysi])_[0-9A-Za-z_-]+/g
export const withoutKeys = (text: string): string => text.replace(KEY, '$1_***')

/** Keys in addresses end up in logs, histories and referrers. Throws INPUT_INVALID. */
export function refuseKeyInAddress(request: Request): void {
  const { pathname, searchParams } = new URL(request.url)
  const parts = [decoded(pathname), ...[...searchParams].flat()]
  const named = ['access_token', 'api_key', 'apikey'].some((name) => searchParams.has(name))
  if (named || parts.some((part) => /tn[ysi]_[0-9A-Za-z_-]{16}/.test(part))) {
    throw fault('INPUT_INVALID', {
      issues: ['an API key belongs into the Authorization header, not into the address; this one should be revoked'],
    })
  }
}

export const bearerOf = (request: Request): string | undefined => /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]

/** The key that a request carries. It is looked up every time, so that a revoked one is refused at once. Throws KEY_MISSING, KEY_INVALID. */
export async function authenticate(platform: Platform, request: Request, log: Log): Promise<ApiKey> {
  const text = bearerOf(request)
  if (text === undefined) throw fault('KEY_MISSING')
  if (!isApiKey(text)) throw fault('KEY_INVALID')
  const key = await lookedUp(log, () => platform.catalog.maybe(usableKey(hashApiKey(text))))
  if (key === undefined) throw fault('KEY_INVALID')
  if (key.lastUsedAt === null || systemClock.now() - key.lastUsedAt.getTime() > NOTED_EVERY_MS) {
    await platform.catalog
      .run(noteKeyUse(key.id))
      .catch((error: Error) => log.warn({ key: key.id, error: error.message }, 'the use of a key was not noted'))
  }
  return key
}

/** An answer of the catalog to somebody who is not known yet. Throws CATALOG_UNREACHABLE. */
export async function lookedUp<T>(log: Log, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!isCatalogGone(error)) throw error
    // Whoever asks is not known yet, and is not told where the catalog is.
    log.error({ error: (error as Error).message }, 'the catalog cannot be reached')
    throw fault('CATALOG_UNREACHABLE', { server: '', reason: 'the log has the details' })
  }
}

/** Down, or lost and not yet rebuilt: 3F000 and 42P01 are told where the database is there and nothing is in it. */
const isCatalogGone = (error: unknown): boolean =>
  isFault(error, 'CATALOG_UNREACHABLE', 'SERVER_UNREACHABLE', 'LOGIN_REFUSED', 'DATABASE_MISSING') ||
  ['3F000', '42P01'].includes(sqlstate(error) ?? '')

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
