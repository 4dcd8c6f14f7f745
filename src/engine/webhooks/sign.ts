import { createHmac } from 'node:crypto'
import { fault } from '../../kernel/faults.js'
import type { Secrets } from '../../kernel/secrets.js'
import { readSecret } from '../../stores/secrets-provider.js'

const PREFIX = 'whsec_'

/** What a secret is derived from. */
export interface Signing {
  readonly id: string
  readonly generation: number
  /** Is the secret of the generation before still good? */
  readonly beforeToo: boolean
}

/** The master secret of webhooks. Throws WEBHOOK_KEY_MISSING where none is configured, SECRET_MISSING where it cannot be read. */
export function masterOf({ secret }: { readonly secret?: string | undefined }, secrets: Secrets): Buffer {
  if (secret === undefined) throw fault('WEBHOOK_KEY_MISSING')
  return readSecret(secret, secrets)
}

/** The secret of a webhook, as its receiver keeps it. It is derived anew each time and stored nowhere. */
export const secretOf = (master: Buffer, id: string, generation: number): string =>
  PREFIX + createHmac('sha256', master).update(`tenantry webhook ${id}|${generation}`).digest('base64')

/** The secrets that are good, the newest first. */
export const secretsOf = (master: Buffer, { id, generation, beforeToo }: Signing): readonly string[] =>
  (beforeToo ? [generation, generation - 1] : [generation]).map((one) => secretOf(master, id, one))

/** What is sent, as Standard Webhooks (https://www.standardwebhooks.com) has it. */
export interface Message {
  readonly id: string
  readonly atS: number
  readonly body: string
}

/** The headers of a message, with a signature by each secret. */
export function signedHeaders(secrets: readonly string[], { id, atS, body }: Message): Readonly<Record<string, string>> {
  const signature = (secret: string): string =>
    createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
      .update(`${id}.${atS}.${body}`)
      .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': String(atS),
    'webhook-signature': secrets.map((secret) => `v1,${signature(secret)}`).join(' '),
  }
}
