import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { fault } from '../../kernel/faults.js'
import type { ProviderPlace } from '../../stores/place.js'
import { placesOf } from '../backup/places.js'
import type { Platform } from '../platform.js'

/** Signs with the platform's own key. Whoever has the public half needs nothing of ours to check it. */
export interface Signer {
  /** SHA-256 of the public key (DER), in hexadecimal digits. */
  readonly keyId: string
  /** PEM, as `openssl pkey -pubin` reads it. */
  readonly publicKey: string
  /** In base64. */
  readonly sign: (text: string) => string
}

/** Its place in the key store. No tenant is called so there: their names are UUIDs. */
const OWN_KEY = 'certificates'
// RFC 8410: an Ed25519 key is 32 random bytes behind these.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The key that the configuration refers to, or one of the key store, which is made at its first use and wrapped like a tenant's. Undefined where there is
 * neither, or the key store cannot unwrap here: then every certificate would have another key. Throws SECRET_MISSING, KEY_UNAVAILABLE, STORE_….
 */
export async function openSigner(platform: Platform): Promise<Signer | undefined> {
  const { certificateKey, keys } = platform.config.archives
  if (certificateKey !== undefined) return signerOf(readKey(certificateKey, platform.secrets(certificateKey)))
  if (keys === undefined || onlyWraps(keys.provider)) return undefined
  const { key } = await placesOf(platform).keys!.current(OWN_KEY)
  return signerOf(createPrivateKey({ key: Buffer.concat([PKCS8, key]), format: 'der', type: 'pkcs8' }))
}

function onlyWraps(provider: ProviderPlace): boolean {
  if ('age' in provider) return provider.age.identity === undefined
  return 'own' in provider && provider.own.unwraps === false
}

function readKey(reference: string, text: string): KeyObject {
  const reason = 'a key for certificates is an Ed25519 key in PEM without a passphrase, as `openssl genpkey -algorithm ed25519` makes one'
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What Node says of it may have parts of the key in it.
  }
  throw fault('SECRET_MISSING', { reference, reason })
}

function signerOf(key: KeyObject): Signer {
  const half = createPublicKey(key)
  return {
    keyId: createHash('sha256')
      .update(half.export({ format: 'der', type: 'spki' }))
      .digest('hex'),
    publicKey: String(half.export({ format: 'pem', type: 'spki' })),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  }
}
