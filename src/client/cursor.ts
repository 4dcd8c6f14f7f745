import { createCipheriv, createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { randomBytes } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'

/** A place in an ordered list: the columns of a row as PostgreSQL writes them. */
export type Key = readonly (string | null)[]

const MAX_LENGTH = 8_192
const NONCE = 12
const TAG = 16
const CHECK = 16
const SHORTEST_SECRET = 32

/** What a cursor belongs to: tenant, statement with its values, order. */
export const bindingOf = (parts: readonly unknown[]): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(parts, (_, value) => (typeof value === 'bigint' ? { bigint: String(value) } : value)))
    .digest()

const keyOf = (secret: string): Buffer => createHash('sha256').update('tenantry cursor\0').update(secret).digest()

const checkOf = (binding: Buffer, place: Buffer): Buffer => createHash('sha256').update(binding).update(place).digest().subarray(0, CHECK)

/** Throws INPUT_INVALID. */
export function checkSecret(secret: string | undefined): void {
  if (secret === undefined) return
  const bytes = typeof secret === 'string' ? Buffer.byteLength(secret) : 0
  if (bytes < SHORTEST_SECRET) {
    throw fault('INPUT_INVALID', {
      issues: [`secret must have at least ${SHORTEST_SECRET} bytes, and has ${bytes}; leave it out for cursors that can be read`],
    })
  }
}

export function sealCursor(key: Key, binding: Buffer, secret: string | undefined): string {
  const place = Buffer.from(JSON.stringify(key))
  if (secret === undefined) return Buffer.concat([checkOf(binding, place), place]).toString('base64url')
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), nonce).setAAD(binding)
  return Buffer.concat([nonce, cipher.update(place), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/** Throws CURSOR_INVALID. */
export function openCursor(cursor: string, binding: Buffer, columns: number, secret: string | undefined): Key {
  if (typeof cursor !== 'string' || cursor === '' || cursor.length > MAX_LENGTH || !/^[\w-]+$/.test(cursor)) {
    throw fault('CURSOR_INVALID', { reason: 'it is none' })
  }
  const place = opened(Buffer.from(cursor, 'base64url'), binding, secret)
  if (place === undefined)
    throw fault('CURSOR_INVALID', { reason: 'it was changed, or is of another tenant, another question or another order' })
  const key = parsed(place)
  // PostgreSQL has no text with a NUL in it.
  const fits =
    Array.isArray(key) && key.length === columns && key.every((part) => part === null || (typeof part === 'string' && !part.includes('\0')))
  if (!fits) throw fault('CURSOR_INVALID', { reason: 'it is none' })
  return key as Key
}

function parsed(place: Buffer): unknown {
  try {
    return JSON.parse(place.toString('utf8'))
  } catch {
    return undefined
  }
}

// What PostgreSQL says of a text that a column cannot hold: no number, no time, out of range, a zone that is none, no such character.
const UNFIT: ReadonlySet<unknown> = new Set(['22P02', '22007', '22008', '22003', '22023', '22021'])

/** What a page after a cursor has failed with, as a fault of the cursor where its values did not fit their columns. */
export const cursorFault = (error: unknown): unknown =>
  UNFIT.has((error as { code?: unknown } | undefined)?.code)
    ? fault('CURSOR_INVALID', { reason: 'what it says does not fit the columns, or the statement fails on this page' }, { cause: error })
    : error

function opened(bytes: Buffer, binding: Buffer, secret: string | undefined): Buffer | undefined {
  if (secret === undefined) {
    const [check, place] = [bytes.subarray(0, CHECK), bytes.subarray(CHECK)]
    return check.length === CHECK && timingSafeEqual(check, checkOf(binding, place)) ? place : undefined
  }
  if (bytes.length < NONCE + TAG) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), bytes.subarray(0, NONCE))
      .setAAD(binding)
      .setAuthTag(bytes.subarray(-TAG))
    return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()])
  } catch {
    return undefined
  }
}
