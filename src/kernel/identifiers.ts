import { randomBytes } from './clock.js'
import { fault } from './faults.js'

const SLUG = /^[a-z][a-z0-9-]{1,38}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const UUID_LIKE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}/i

/** A slug is a DNS label of 2 to 39 characters that can never be mistaken for an id. Throws SLUG_INVALID. */
export function checkSlug(text: string): string {
  if (!isSlug(text)) throw fault('SLUG_INVALID', { slug: text.slice(0, 60) })
  return text
}

export const isSlug = (text: string): boolean => SLUG.test(text) && !text.endsWith('-') && !UUID_LIKE.test(text)

export const isUuid = (text: string): boolean => UUID.test(text)

/** A tenant is named by its id or by its slug; both are recognised by their shape alone. Throws SLUG_INVALID when it is neither. */
export function checkTenantRef(text: string): string {
  return isUuid(text) ? text : checkSlug(text)
}

/** Throws ID_INVALID unless the text is a lower-case UUID. */
export function checkId(text: string, noun: string): string {
  if (!isUuid(text)) throw fault('ID_INVALID', { noun, id: text.slice(0, 60) })
  return text
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Lower-case RFC 4648 base32 without padding: safe in object names, four bits short of nothing lost. */
export function base32(bytes: Uint8Array): string {
  let bits = 0
  let value = 0
  let text = ''
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      text += BASE32[(value >>> (bits - 5)) & 31]
      bits -= 5
    }
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text
}

/** The id of a platform: six characters that make its role names its own on a server that several platforms share. */
export const newPlatformId = (): string => base32(randomBytes(4)).slice(0, 6)

/** A UUID as 26 base32 characters. */
export const shortId = (uuid: string): string => base32(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
