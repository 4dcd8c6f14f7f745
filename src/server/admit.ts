import type { ApiKey } from '../catalog/keys.js'
import type { Platform } from '../engine/platform.js'
import { isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { authenticate } from './authenticate.js'
import type { Limits } from './limits.js'

export interface AdmitContext {
  readonly platform: Platform
  readonly log: Log
  readonly limits: Limits
  /** Whoever asks, if that is known. */
  readonly address: string | undefined
  /** Told as soon as it is known, so that refused requests can be told apart by key as well. */
  readonly foundKey: (id: string) => void
}

/** Whose key it is, if neither the key nor the address has asked too often. Throws RATE_LIMITED, and what `authenticate` throws. */
export async function admit(request: Request, { platform, log, limits, address, foundKey }: AdmitContext): Promise<ApiKey> {
  const authorization = request.headers.get('authorization')
  const lookedUp = limits.admit(address, authorization)
  const key = await authenticate(platform, request, log).catch((error: unknown) => {
    lookedUp(!isFault(error, 'KEY_MISSING', 'KEY_INVALID'))
    throw error
  })
  lookedUp(true)
  foundKey(key.id)
  limits.credential(key.id, authorization)
  return key
}
