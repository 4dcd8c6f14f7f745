import { jitter, systemClock } from '../kernel/clock.js'
import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'

/** The way to a catalog that may be down: then nobody waits for it, and one question at a time finds out whether it is back. */
export interface CatalogLine {
  /** Throws CATALOG_UNREACHABLE, whatever stands in the way of an answer: what the catalog does not deny stays as it was known. */
  readonly ask: <T>(tenant: string, question: () => Promise<T>, patienceMs: number) => Promise<T>
  /** Would a question be turned away now, without being asked? */
  readonly isDown: () => boolean
}

// One failure may be that of a connection which broke while it was idle.
const FAILURES_TO_BELIEVE = 2
// Once it is known to be down it is asked again after so long, and then less and less often.
const FIRST_REST_MS = 250
const LONGEST_REST_MS = 5_000

export function createCatalogLine(server: string, log: Log): CatalogLine {
  let trouble: { readonly reason: string; readonly until: number } | undefined
  let restMs = FIRST_REST_MS
  let probing = false
  let answers = 0
  let failures = 0

  const isDown = (): boolean => trouble !== undefined && (probing || systemClock.now() < trouble.until)
  const refusal = (tenant: string, reason: string, cause?: unknown): Fault =>
    fault('CATALOG_UNREACHABLE', { server, reason, tenant }, cause === undefined ? undefined : { cause })

  /** `before`: the answers that had come when this was asked. If others have had theirs since, the catalog is there. */
  const lose = (reason: string, before: number): void => {
    if (answers !== before || isDown() || ++failures < FAILURES_TO_BELIEVE) return
    if (trouble === undefined) log.warn({ server, reason }, 'the catalog cannot be reached; tenants that are known go on')
    trouble = { reason, until: systemClock.now() + restMs * jitter() }
    restMs = Math.min(restMs * 2, LONGEST_REST_MS)
  }
  const regain = (): void => {
    answers++
    failures = 0
    if (trouble !== undefined) log.info({ server }, 'the catalog answers again')
    trouble = undefined
    restMs = FIRST_REST_MS
  }

  const ask: CatalogLine['ask'] = async (tenant, question, patienceMs) => {
    if (isDown()) throw refusal(tenant, trouble!.reason)
    const isProbe = trouble !== undefined
    probing = isProbe
    const before = answers
    const settled = new AbortController()
    const answer = question().then(
      (found) => {
        regain()
        return found
      },
      (error: unknown) => {
        const reason = reasonOf(error)
        if (isProbe) probing = false
        lose(reason, before)
        throw refusal(tenant, reason, error)
      },
    )
    const silence = systemClock.sleep(patienceMs, settled.signal).then(() => {
      const reason = `no answer within ${patienceMs} ms`
      if (settled.signal.aborted) return undefined as never
      if (isProbe) probing = false
      lose(reason, before)
      throw refusal(tenant, reason)
    })
    try {
      return await Promise.race([answer, silence])
    } finally {
      if (isProbe) probing = false
      settled.abort()
    }
  }

  return { ask, isDown }
}

const reasonOf = (error: unknown): string =>
  isFault(error) && typeof error.facts.reason === 'string' ? error.facts.reason : ((error as Error).message ?? 'an error of its own')
