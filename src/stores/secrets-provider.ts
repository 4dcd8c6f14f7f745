import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { randomBytes } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import type { KeyContext, KeyProvider } from '../kernel/key-provider.js'
import type { Secrets } from '../kernel/secrets.js'
import { boundTo, KEY_BYTES } from './wrapped-key.js'

const SECRET_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ID_BYTES = 8
// Of 32 random bytes, so few are different once in 10^18 times; of a word that is repeated, nearly always.
const LEAST_DIFFERENT = 16

/**
 * Wraps with a master secret of 32 random bytes, in hex or base64. The first reference wraps, all of them unwrap, so that another can take over.
 * They are read at every use: a secret that is replaced in its place counts at once.
 */
export function secretsProvider(references: readonly string[], secrets: Secrets): KeyProvider {
  const unavailable = (context: KeyContext, reason: string, cause?: unknown) => fault('KEY_UNAVAILABLE', { ...context, reason }, { cause })

  const secretOf = (id: string, context: KeyContext): Buffer => {
    const unreadable: string[] = []
    for (const reference of references) {
      try {
        const secret = readSecret(reference, secrets)
        if (idOf(secret) === id) return secret
      } catch (error) {
        if (!isFault(error)) throw error
        unreadable.push(error.message)
      }
    }
    const others = unreadable.length === 0 ? '' : ` (${unreadable.join('; ')})`
    throw unavailable(context, `none of ${references.join(', ')} is the master secret ${id} that wrapped it${others}`)
  }

  return {
    name: 'secrets',

    wrap: async (key, context) => {
      const secret = readSecret(references[0]!, secrets)
      const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)]
      const cipher = createCipheriv('aes-256-gcm', wrappingKey(secret, salt), nonce).setAAD(boundTo(context))
      const sealed = Buffer.concat([salt, nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
      return `v1.${idOf(secret)}.${sealed.toString('base64url')}`
    },

    unwrap: async (wrapped, context) => {
      const [, id, text] = /^v1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)$/.exec(wrapped) ?? []
      const sealed = Buffer.from(text ?? '', 'base64url')
      if (id === undefined || sealed.length !== SALT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES) {
        throw unavailable(context, 'what is kept of it is not what a master secret has wrapped')
      }
      const salt = sealed.subarray(0, SALT_BYTES)
      const nonce = sealed.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', wrappingKey(secretOf(id, context), salt), nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(boundTo(context)).setAuthTag(sealed.subarray(-TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(SALT_BYTES + NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      } catch (error) {
        throw unavailable(context, 'it was changed, or it is the key of another tenant', error)
      }
    },
  }
}

/** A master secret: 32 random bytes. Throws SECRET_MISSING; what it says never has anything of the secret in it. */
export function readSecret(reference: string, secrets: Secrets): Buffer {
  const text = secrets(reference).trim()
  const secret = /^[0-9a-f]{64}$/i.test(text)
    ? Buffer.from(text, 'hex')
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
      ? Buffer.from(text, 'base64')
      : Buffer.alloc(0)
  const reason =
    secret.length !== SECRET_BYTES
      ? `a master secret is ${SECRET_BYTES} random bytes in hex or base64, as \`openssl rand -hex 32\` makes them`
      : new Set(secret).size < LEAST_DIFFERENT
        ? 'these bytes are not random; `openssl rand -hex 32` makes a secret'
        : undefined
  if (reason !== undefined) throw fault('SECRET_MISSING', { reference, reason })
  return secret
}

/** Tells secrets apart, and nothing more about them. */
const idOf = (secret: Buffer): string =>
  derive(secret, Buffer.alloc(0), 'tenantry master secret id v1').subarray(0, ID_BYTES).toString('hex')

/** Each wrapping has a key of its own, so no nonce is ever used twice with one. */
const wrappingKey = (secret: Buffer, salt: Buffer): Buffer => derive(secret, salt, 'tenantry key wrap v1')

const derive = (secret: Buffer, salt: Buffer, purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, salt, purpose, KEY_BYTES))
