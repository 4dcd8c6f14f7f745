import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { stopwatch } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { networkOf } from './peer.js'

/** So many requests a second for good, and so many at once after a rest. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface LimitOptions {
  /** Of each API key, and of each person, whose sessions count together. Default 300 a second, 600 at once. */
  readonly credential?: Rate
  /** Of each address, for what comes without a key, or with one that is none. Default 20 a second, 40 at once. */
  readonly stranger?: Rate
  /** Sign-ins and used links that fail, of each address. Default 10 a minute, 10 at once. */
  readonly signIn?: Rate
}

const CREDENTIAL: Rate = { perSecond: 300, burst: 600 }
const STRANGER: Rate = { perSecond: 20, burst: 40 }
const SIGN_IN: Rate = { perSecond: 10 / 60, burst: 10 }
const MOST = 10_000

export interface Buckets {
  /** Takes one token; answers in how many milliseconds there is one, 0 where it was taken. */
  readonly take: (name: string) => number
  /** Gives back what was taken. */
  readonly give: (name: string) => void
}

/** Token buckets by name: at most 10,000, of which the one that was used least lately is forgotten, and is full when it is met again. */
export function buckets({ perSecond, burst }: Rate, elapsedMs: () => number = stopwatch()): Buckets {
  const known = new LRUCache<string, { readonly tokens: number; readonly at: number }>({ max: MOST })
  const now = (name: string): number => {
    const bucket = known.get(name)
    return bucket === undefined ? burst : Math.min(burst, bucket.tokens + ((elapsedMs() - bucket.at) * perSecond) / 1_000)
  }
  const wait = (tokens: number): number => (tokens >= 1 ? 0 : ((1 - tokens) * 1_000) / perSecond)
  return {
    give: (name) => void known.set(name, { tokens: Math.min(burst, now(name) + 1), at: elapsedMs() }),
    take: (name) => {
      const tokens = now(name)
      if (tokens >= 1) known.set(name, { tokens: tokens - 1, at: elapsedMs() })
      return wait(tokens)
    },
  }
}

/** How often one may ask. All throw RATE_LIMITED. An address that is not known (the app is mounted in somebody's server) is not counted. */
export interface Limits {
  /**
   * Before a key is looked up: one that has not been good before counts as a stranger's until it is known, so that of many guesses at once no more are looked
   * up than of one after the other. Answers whom to tell what came of it. The same key many times at once counts once.
   */
  readonly admit: (address: string | undefined, authorization: string | null) => (wasGood: boolean) => void
  /** It came with this key, or from this person. */
  readonly credential: (id: string, authorization: string | null, whose: string) => void
  /** Before a password is looked at. What is answered takes it back: who succeeds was not guessing. */
  readonly signIn: (address: string | undefined) => () => void
}

export function limitsOf({ credential = CREDENTIAL, stranger = STRANGER, signIn = SIGN_IN }: LimitOptions = {}): Limits {
  const [keys, addresses, signIns] = [buckets(credential), buckets(stranger), buckets(signIn)]
  // By digest: keys themselves stay nowhere. One that is revoked is a stranger's from then on.
  const good = new LRUCache<string, true>({ max: MOST })
  /** How often a key is being looked up in this moment. */
  const asked = new Map<string, number>()
  const digestOf = (authorization: string): string => createHash('sha256').update(authorization).digest('base64')
  const refuse = (ms: number, whose: string): void => {
    if (ms > 0) throw fault('RATE_LIMITED', { whose, seconds: Math.ceil(ms / 1_000) })
  }
  return {
    admit: (address, authorization) => {
      const digest = authorization === null ? '' : digestOf(authorization)
      if (address === undefined || good.has(digest)) return (wasGood) => void (wasGood || good.delete(digest))
      const network = networkOf(address)
      const others = asked.get(digest) ?? 0
      if (others === 0) refuse(addresses.take(network), 'from this address')
      asked.set(digest, others + 1)
      return (wasGood) => {
        const left = asked.get(digest)! - 1
        if (left === 0) asked.delete(digest)
        else asked.set(digest, left)
        if (wasGood && others === 0) addresses.give(network)
        if (!wasGood && others > 0) addresses.take(network)
      }
    },
    credential: (id, authorization, whose) => {
      if (authorization !== null) good.set(digestOf(authorization), true)
      refuse(keys.take(id), whose)
    },
    signIn: (address) => {
      if (address === undefined) return () => {}
      const network = networkOf(address)
      refuse(signIns.take(network), 'to sign in from this address')
      return () => signIns.give(network)
    },
  }
}
