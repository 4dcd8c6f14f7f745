import { createHmac, timingSafeEqual } from 'node:crypto'
import { systemClock } from './clock.js'
import { fault } from './faults.js'
import { type Log, silent } from './log.js'
import type { Secrets } from './secrets.js'

/** Keys for signatures between parts of one application. */
export interface KeyringOptions {
  /** References to secrets (`env:NAME`, `file:PATH`) of at least 32 bytes each, by key id. All of them verify, so that a new one can be rolled out first. */
  readonly keys: Readonly<Record<string, string>>
  /** The id of the key that signs. Needed as soon as there are several. */
  readonly sign?: string
  /** Told once when a key can no longer be read; the one that is known goes on. Default: nobody. */
  readonly log?: Log
}

export interface Keyring {
  /** The id of the key that signs, and its HMAC-SHA256 over purpose and text. The text may name the key. */
  readonly sign: (purpose: string, text: (key: string) => string) => { readonly key: string; readonly signature: string }
  /** Undefined when it is right, else what is wrong with it. */
  readonly objection: (purpose: string, key: string, text: string, signature: string) => 'unknown key' | 'wrong signature' | undefined
}

const ID = /^[A-Za-z0-9_-]{1,40}$/
const SHORTEST = 32
// What a reference stands for may be changed in its place.
const READ_AGAIN_MS = 30_000

/** Reads every key once, so that a missing one is told at the start. Throws INPUT_INVALID, SECRET_MISSING. */
export function createKeyring({ keys, sign, log = silent }: KeyringOptions, secrets: Secrets): Keyring {
  const ids = Object.keys(keys)
  const signing = sign ?? (ids.length === 1 ? ids[0] : undefined)
  const issues = ids.filter((id) => !ID.test(id)).map((id) => `"${id.slice(0, 60)}" is no key id: letters, digits, - and _, at most 40`)
  if (signing === undefined || !ids.includes(signing)) issues.push('`sign` must be the id of one of `keys`')
  if (issues.length > 0) throw fault('INPUT_INVALID', { issues })

  const known = new Map<string, { readonly secret: Buffer; readonly until: number }>()
  const unreadable = new Set<string>()
  const read = (id: string): Buffer => {
    const secret = Buffer.from(secrets(keys[id]!))
    if (secret.length >= SHORTEST) return secret
    throw fault('SECRET_MISSING', {
      reference: keys[id]!,
      reason: `a signing key has at least ${SHORTEST} bytes, this one ${secret.length}`,
    })
  }
  // A file may be read in the midst of being replaced: that is no reason to refuse every request.
  const readOr = (id: string, before: Buffer): Buffer => {
    try {
      const secret = read(id)
      unreadable.delete(id)
      return secret
    } catch (error) {
      if (!unreadable.has(id))
        log.warn({ reference: keys[id]!, reason: (error as Error).message }, 'a key cannot be read again; the one that is known goes on')
      unreadable.add(id)
      return before
    }
  }
  const secretOf = (id: string): Buffer => {
    const before = known.get(id)
    if (before !== undefined && before.until > systemClock.now()) return before.secret
    const secret = before === undefined ? read(id) : readOr(id, before.secret)
    known.set(id, { secret, until: systemClock.now() + READ_AGAIN_MS })
    return secret
  }
  const mac = (id: string, purpose: string, text: string): Buffer =>
    createHmac('sha256', secretOf(id)).update(`tenantry ${purpose} v1\n${text}`).digest()

  for (const id of ids) secretOf(id)
  return {
    sign: (purpose, text) => ({ key: signing!, signature: mac(signing!, purpose, text(signing!)).toString('base64url') }),
    objection: (purpose, key, text, signature) => {
      if (!Object.hasOwn(keys, key)) return 'unknown key'
      const shown = Buffer.from(signature, 'base64url')
      const right = mac(key, purpose, text)
      return shown.length === right.length && timingSafeEqual(shown, right) ? undefined : 'wrong signature'
    },
  }
}
