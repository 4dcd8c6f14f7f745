import { destination, pino } from 'pino'
import type { Platform } from '../engine/platform.js'
import type { Log } from '../kernel/log.js'
import { appOf } from './app.js'
import type { StreamTimes } from './event-hub.js'
import type { LimitOptions } from './limits.js'
import { type Listening, listen } from './listen.js'
import { type PasswordCost, passwordsAt } from './people/password.js'

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Default 127.0.0.1: whoever listens elsewhere puts TLS in front. */
  readonly host?: string
  /** A pino logger, or anything with its info, warn and error. Default: JSON lines on stderr. */
  readonly log?: Log
  /** Milliseconds for all headers of a request to come. Default 10 s. */
  readonly headersWithinMs?: number
  /** Milliseconds for the whole of a request to come. Default 30 s. */
  readonly requestWithinMs?: number
  /** How often one may ask. */
  readonly limits?: LimitOptions
  /** How many proxies of yours stand in front, each adding to `X-Forwarded-For` whom it was asked by. Default: `api.trustProxy` of the configuration. */
  readonly trustProxy?: number
  /** The console at `/`, where this package has it built. Default true. */
  readonly console?: boolean
  /** Milliseconds that `close` lets running requests go on. Default 10 s. */
  readonly graceMs?: number
}

/**
 * Serves the HTTP API of an open platform. `close` stops listening and lets running requests end; the platform stays open, for whoever opened it.
 * Throws INPUT_INVALID when the address cannot be had.
 */
export const serve = (of: Platform | { readonly platform: Platform }, options: ServeOptions): Promise<Listening> => serveAt(of, options)

/** The same, with passwords hashed at less cost, or streams that look more often: for tests, where nothing is guarded and nobody wants to wait. */
export async function serveAt(
  of: Platform | { readonly platform: Platform },
  options: ServeOptions,
  { cost, streams = {} }: { readonly cost?: PasswordCost; readonly streams?: Partial<StreamTimes> } = {},
): Promise<Listening> {
  const { port, host = '127.0.0.1', headersWithinMs = 10_000, requestWithinMs = 30_000, graceMs = 10_000 } = options
  const log = options.log ?? pino(destination(2))
  const { config } = 'platform' in of ? of.platform : of
  const given = { log, streams, console: options.console ?? true, ...(options.limits === undefined ? {} : { limits: options.limits }) }
  const app = appOf(of, given, passwordsAt(cost))
  const proxies = options.trustProxy ?? config.api.trustProxy
  return listen(app, { port, host, headersWithinMs, requestWithinMs, graceMs, proxies, log })
}
