import { timingSafeEqual } from 'node:crypto'
import { fault } from '../kernel/faults.js'
import type { KeyContext, KeyProvider } from '../kernel/key-provider.js'
import type { Secrets } from '../kernel/secrets.js'
import type { AgePlace } from './place.js'
import { boundTo, KEY_BYTES } from './wrapped-key.js'

/** Wraps for age recipients. Without an identity it can wrap and never unwrap: whoever runs backups then cannot read them. */
export function ageProvider({ recipients, identity }: AgePlace, secrets: Secrets): KeyProvider {
  const unavailable = (context: KeyContext, reason: string, cause?: unknown) => fault('KEY_UNAVAILABLE', { ...context, reason }, { cause })

  return {
    name: 'age',
    unwraps: identity !== undefined,

    wrap: async (key, context) => {
      const { Encrypter } = await import('age-encryption')
      const encrypter = new Encrypter()
      for (const recipient of recipients) {
        try {
          encrypter.addRecipient(recipient)
        } catch (cause) {
          throw fault('INPUT_INVALID', { issues: [`${recipient.slice(0, 80)} is not an age recipient (age1…)`] }, { cause })
        }
      }
      // An age file is bound to nobody, so what it holds says whose it is.
      return Buffer.from(await encrypter.encrypt(Buffer.concat([boundTo(context), key]))).toString('base64')
    },

    unwrap: async (wrapped, context) => {
      if (identity === undefined) throw unavailable(context, 'no age identity is configured here; keys are only wrapped')
      const { Decrypter } = await import('age-encryption')
      const decrypter = new Decrypter()
      for (const line of identitiesIn(secrets(identity), identity)) {
        try {
          decrypter.addIdentity(line)
        } catch (cause) {
          throw fault(
            'SECRET_MISSING',
            { reference: identity, reason: 'it holds a line that is no age identity' },
            { cause: causeOf(cause) },
          )
        }
      }
      const opened = await decrypter.decrypt(Buffer.from(wrapped, 'base64')).then(
        (bytes) => Buffer.from(bytes),
        (error: unknown) => {
          throw unavailable(context, `${identity} is not the identity of one of its recipients, or it was changed`, error)
        },
      )
      const whose = boundTo(context)
      const key = opened.subarray(whose.length)
      if (opened.length !== whose.length + KEY_BYTES || !timingSafeEqual(opened.subarray(0, whose.length), whose)) {
        throw unavailable(context, 'it was changed, or it is the key of another tenant')
      }
      return key
    },
  }
}

/** As age-keygen writes them: a line each, and comments. */
function identitiesIn(text: string, reference: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length > 0 && lines.every((line) => /^AGE-SECRET-KEY-[0-9A-Z-]+$/.test(line))) return lines
  throw fault('SECRET_MISSING', { reference, reason: 'an age identity begins with AGE-SECRET-KEY-, as `age-keygen` writes it' })
}

/** The message of a parser may repeat the line that it could not read. */
const causeOf = (error: unknown): { readonly name: string } => ({ name: (error as Error)?.name ?? 'Error' })
