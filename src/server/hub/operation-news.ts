import { newestFailure } from '../../catalog/items.js'
import { BEFORE_ALL, type FailurePosition, failuresAfter, type Look, lookAt, MOST_FAILURES } from '../../engine/progress.js'
import { mayReadOf, WITHHELD, withheldFault } from '../../engine/withheld.js'
import { stopwatch } from '../../kernel/clock.js'
import { isFault } from '../../kernel/faults.js'
import type { Reader } from './audience.js'
import { isSamePosition, writePosition } from './failure-position.js'
import type { Message } from './message.js'
import { type Newsroom, REST_MS } from './newsroom.js'

// Over a large fleet, asking how far an operation is costs something: it takes a small part of the time.
const SHARE = 20

interface Watched {
  readonly look: () => Promise<Look>
  readers: number
  latest: (Look & { readonly newest: FailurePosition }) | undefined
  gone: boolean
  /** Since it was looked at, and how long that took. */
  since: () => number
  tookMs: number
}

/** What happens to single operations. */
export interface OperationNews {
  /** At each that is read of and has its turn; what fails for one is told when all others have had theirs. */
  readonly look: () => Promise<readonly unknown[]>
  readonly stream: (reader: Reader, id: string, from: FailurePosition | undefined) => AsyncGenerator<Message>
}

export function operationNews({ platform, join, bell, silentMs, read }: Newsroom, everyMs: number): OperationNews {
  const watched = new Map<string, Watched>()

  const lookAtOne = async (id: string, one: Watched): Promise<void> => {
    const elapsed = stopwatch()
    try {
      const found = await one.look()
      const last = found.progress.failed === 0 ? undefined : await platform.catalog.maybe(newestFailure(id))
      one.latest = { ...found, newest: last ?? BEFORE_ALL }
    } catch (error) {
      if (!isFault(error, 'OPERATION_NOT_FOUND')) throw error
      one.gone = true
    } finally {
      one.tookMs = elapsed()
      one.since = stopwatch()
    }
  }

  const hasTurn = ({ latest, since, tookMs }: Watched): boolean =>
    latest?.ended === undefined && since() >= Math.max(latest === undefined ? 0 : everyMs, tookMs * SHARE)

  const watch = (id: string): Watched => {
    const known = watched.get(id) ?? {
      look: lookAt(platform, id),
      readers: 0,
      latest: undefined,
      gone: false,
      since: stopwatch(),
      tookMs: 0,
    }
    // It may have been taken up again.
    if (known.latest?.ended !== undefined) known.latest = undefined
    known.readers++
    watched.set(id, known)
    return known
  }

  async function* stream(reader: Reader, id: string, from: FailurePosition | undefined): AsyncGenerator<Message> {
    const { signal } = reader.end
    const one = watch(id)
    const leave = join(reader)
    let last = from ?? BEFORE_ALL
    let shown: Watched['latest']
    let told = ''
    let silent = stopwatch()
    try {
      while (!signal.aborted && !one.gone) {
        const rung = bell()
        const latest = one.latest
        let unread = false
        const withheld = latest !== undefined && !mayReadOf(platform, { name: latest.progress.name, actor: latest.actor }, reader.asker)
        if (latest !== undefined && latest !== shown) {
          for (let more = latest.progress.failed > 0 && !isSamePosition(latest.newest, last); more && !signal.aborted; ) {
            const behind: FailurePosition = last
            const failures = await read(() => failuresAfter(platform, id, behind))
            if (failures === undefined) {
              unread = true
              break
            }
            for (const { failed, position } of failures) {
              last = position
              yield {
                id: writePosition(position),
                event: failed.event,
                data: withheld ? { ...failed, message: WITHHELD, sqlstate: null } : failed,
              }
            }
            more = failures.length === MOST_FAILURES
          }
        }
        // Nothing is told before what failed: what could not be read is asked for once more.
        if (latest !== undefined && latest !== shown && !unread) {
          const text = JSON.stringify(latest.progress)
          if (text !== told || latest.ended !== undefined) {
            yield { event: 'progress', data: latest.progress }
            silent = stopwatch()
          }
          told = text
          shown = latest
          if (latest.ended !== undefined) {
            const { ended } = latest
            yield { event: 'ended', data: withheld ? { ...ended, fault: withheldFault(ended.fault) } : ended }
            return
          }
        }
        await rung.wait(signal, Math.min(unread ? REST_MS : silentMs, Math.max(0, silentMs - silent())))
        if (silent() < silentMs) continue
        yield {}
        silent = stopwatch()
      }
    } finally {
      leave()
      if (--one.readers === 0) watched.delete(id)
    }
  }

  return {
    look: async () => {
      const errors: unknown[] = []
      for (const [id, one] of watched) if (hasTurn(one)) await lookAtOne(id, one).catch((error: unknown) => void errors.push(error))
      return errors
    },
    stream,
  }
}
