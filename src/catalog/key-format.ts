import { createHash } from 'node:crypto'
import { randomBytes } from '../kernel/clock.js'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SHAPE = /^tny_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/

/** A new API key: `tny_`, 32 random bytes in base62, and a checksum, so that a scanner can tell a key from a look-alike. */
export function newApiKey(): string {
  const body = base62(randomBytes(32), 43)
  return `tny_${body}${checksum(body)}`
}

/** Well-formed and with a right checksum: what need not be looked up is not looked up. */
export function isApiKey(text: string): boolean {
  return SHAPE.test(text) && checksum(text.slice(4, 47)) === text.slice(47)
}

/** What is stored: 256 random bits need no salt and no slow hash. */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** Enough of a key to recognise it in a list. */
export const hintOf = (key: string): string => `${key.slice(0, 8)}…${key.slice(-4)}`

const checksum = (body: string): string => base62(createHash('sha256').update(`tenantry key ${body}`).digest().subarray(0, 4), 6)

function base62(bytes: Buffer, width: number): string {
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  while (value > 0n) {
    text = ALPHABET[Number(value % 62n)] + text
    value /= 62n
  }
  return text.padStart(width, '0')
}
