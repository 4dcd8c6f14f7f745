import { createHash } from 'node:crypto'
import { jitter, stopwatch, systemClock } from '../kernel/clock.js'
import type { Log } from '../kernel/log.js'

// What clients say when a connection breaks, the one or the other of them.
const SIGNS = ['error', 'end', 'close', 'reconnecting'] as const

type Listening = (event: (typeof SIGNS)[number], listener: (error?: unknown) => void) => unknown

/** What a client of Redis must be able to do: `redis` has `sendCommand`, `ioredis` has `call`. */
export type RedisClient = { readonly on?: Listening; readonly off?: Listening } & (
  | { readonly sendCommand: (words: string[]) => Promise<unknown> }
  | { readonly call: (command: string, ...words: string[]) => Promise<unknown> }
)

/** A script that Redis runs whole. */
export interface Script {
  readonly text: string
  readonly sha: string
}

export const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** The way to a Redis that may be slow or gone: no call takes longer than its bound, and while it is known to be gone none takes any time. */
export interface RedisLine {
  /** What the script answered; undefined when it did not answer in time, was not asked, or when the connection broke meanwhile. */
  readonly run: (script: Script, keys: readonly string[], words: readonly string[]) => Promise<readonly unknown[] | undefined>
  /**
   * For how many milliseconds the truth in Redis may lack what others made void: since the last answer before the newest failure, or
   * before a connection broke. Undefined when there was none.
   */
  readonly doubtMs: () => number | undefined
  readonly close: () => void
}

const FAILURES_TO_BELIEVE = 3
const FIRST_REST_MS = 100
const LONGEST_REST_MS = 2_000

type Outcome = { readonly reply: readonly unknown[] } | { readonly failed: unknown }

export function createRedisLine(client: RedisClient, callTimeoutMs: number, log: Log): RedisLine {
  const send = (words: string[]): Promise<unknown> =>
    'call' in client ? client.call(words[0]!, ...words.slice(1)) : client.sendCommand(words)
  const age = stopwatch()
  let lastAnswer: number | undefined
  let doubtFrom: number | undefined
  let failures = 0
  let until: number | undefined
  let restMs = FIRST_REST_MS
  let probing = false

  // A process that has had no answer has believed nothing either.
  const doubt = (): void => {
    doubtFrom = lastAnswer ?? doubtFrom
  }
  // They also reach a process that asks nothing meanwhile. An 'error' that nobody listens to ends the process; what it says is told to nobody, since
  // clients put addresses into their messages.
  for (const sign of SIGNS) client.on?.(sign, doubt)

  const attempt = async (one: Script, keys: readonly string[], words: readonly string[]): Promise<Outcome> => {
    const rest = [String(keys.length), ...keys, ...words]
    try {
      // Whatever the reason is for which the short form fails, the long form says the same, and works where the script is not known yet.
      const reply = await send(['EVALSHA', one.sha, ...rest]).catch(() => send(['EVAL', one.text, ...rest]))
      return Array.isArray(reply) ? { reply } : { failed: undefined }
    } catch (error) {
      return { failed: error }
    }
  }

  const answered = (): void => {
    if (until !== undefined)
      log.info({ outageMs: Math.round(age() - doubtFrom!) }, 'Redis answers again; what was kept before is not believed')
    lastAnswer = age()
    failures = 0
    until = undefined
    restMs = FIRST_REST_MS
  }
  const failed = (error: unknown): void => {
    failures++
    doubt()
    if (until === undefined && failures < FAILURES_TO_BELIEVE) return
    if (until === undefined) {
      // A process that has never had an answer knows of no time at which all was well.
      doubtFrom ??= 0
      log.warn({ reason: codeOf(error) }, 'Redis does not answer; the cache is passed by')
    }
    until = age() + restMs * jitter()
    restMs = Math.min(restMs * 2, LONGEST_REST_MS)
  }

  return {
    run: async (one, keys, words) => {
      const probe = until !== undefined
      if (probe && (probing || age() < until!)) return undefined
      if (probe) probing = true
      const sent = age()
      const doubted = doubtFrom
      const settled = new AbortController()
      const silence = systemClock.sleep(callTimeoutMs, settled.signal).then(
        // An answer that has come while this process was busy counts: it is looked at before this goes on.
        () => new Promise<Outcome>((resolve) => setImmediate(() => resolve({ failed: undefined }))),
      )
      const outcome = await Promise.race([attempt(one, keys, words), silence])
      settled.abort()
      if (probe) probing = false
      if ('reply' in outcome) answered()
      // Others were answered since: it is this process that is busy, or this one script. It is passed by, and Redis is not given up.
      else if (probe || lastAnswer === undefined || lastAnswer < sent) failed(outcome.failed)
      // Clients send again over the next connection what was asked before it broke, and knew nothing of that.
      return 'reply' in outcome && doubtFrom === doubted ? outcome.reply : undefined
    },
    doubtMs: () => (doubtFrom === undefined ? undefined : age() - doubtFrom),
    close: () => {
      for (const sign of SIGNS) client.off?.(sign, doubt)
    },
  }
}

const codeOf = (error: unknown): string =>
  error === undefined ? 'no answer in time' : String((error as { code?: unknown }).code ?? (error as Error).name ?? 'unknown')
