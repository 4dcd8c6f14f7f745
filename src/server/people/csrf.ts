import { timingSafeEqual } from 'node:crypto'
import { csrfOf } from '../../catalog/people-format.js'
import type { Config } from '../../engine/config.js'
import { fault } from '../../kernel/faults.js'

export const CSRF_HEADER = 'X-Tenantry-CSRF'

const forged = (why: string) => fault('REQUEST_FORGED', { why })

/**
 * Was it sent by a page of this origin? Browsers say so of every change, in a header that pages cannot write. Undefined where nothing says anything: it is no
 * browser, or no change.
 */
function isOurs(request: Request, config: Pick<Config, 'console'>): boolean | undefined {
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = request.headers.get('origin')
  if (origin === null) return undefined
  const { url } = config.console
  if (url !== null) return origin === url
  // Whatever ends TLS in front may have changed the scheme; the host is the one that the browser has asked.
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host
}

/** A page of another origin must not sign anybody in. Throws REQUEST_FORGED. */
export function refuseForeignPage(request: Request, config: Pick<Config, 'console'>): void {
  if (isOurs(request, config) === false) throw forged('it comes from a page of another origin')
}

/** A cookie travels by itself: whoever changes something in a session shows that a page of ours asks. Throws REQUEST_FORGED. */
export function refuseForged(request: Request, token: string, config: Pick<Config, 'console'>): void {
  if (['GET', 'HEAD'].includes(request.method)) return
  refuseForeignPage(request, config)
  if (isOurs(request, config) === undefined) throw forged('neither Sec-Fetch-Site nor Origin says which page it comes from')
  const [given, right] = [Buffer.from(request.headers.get(CSRF_HEADER) ?? ''), Buffer.from(csrfOf(token))]
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw forged(`its header ${CSRF_HEADER} is not that of the session`)
}
