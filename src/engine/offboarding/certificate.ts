import type { Certificate } from '../../catalog/certificates.js'
import { redactUrls } from '../../kernel/log.js'
import type { Platform } from '../platform.js'
import { openSigner } from './signer.js'

/** Of a certificate in the journal, before it is in the catalog. */
export type Signed = Pick<Certificate, 'content' | 'signature' | 'keyId' | 'publicKey'>

export interface Statement {
  readonly tenant: { readonly id: string; readonly slug: string } & Readonly<Record<string, unknown>>
  readonly operation: { readonly id: string; readonly name: string; readonly by: string; readonly begunAt: string }
  readonly endedAt: string
  /** What else there is to say, by the kind of the certificate. */
  readonly facts: Readonly<Record<string, unknown>>
}

const LIMITS = [
  'It speaks of what this platform knows of. Backups of servers and file systems, replicas that have left, exports and other copies are not covered.',
  'It says what the platform did and looked up afterwards. It does not say that media were wiped.',
]

/** The words, with a line end after them, and the signature over exactly these bytes. */
export async function certify(platform: Platform, { tenant, operation, endedAt, facts }: Statement): Promise<Signed> {
  const signer = await openSigner(platform)
  const said = {
    format: 'tenantry-certificate',
    version: 1,
    platform: platform.id,
    tenant,
    operation,
    endedAt,
    ...facts,
    limits: LIMITS,
    signedWith: signer === undefined ? null : { algorithm: 'Ed25519', key: signer.keyId },
  }
  // Whoever shows it would take them out, and the signature would not fit any more.
  const content = redactUrls(`${JSON.stringify(said, null, 2)}\n`)
  return {
    content,
    signature: signer?.sign(content) ?? null,
    keyId: signer?.keyId ?? null,
    publicKey: signer?.publicKey ?? null,
  }
}
