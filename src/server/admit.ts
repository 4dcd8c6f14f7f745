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
}

/** Whose key it is, if neither the key nor the address has asked too often. Throws RATE_LIMITED, and what `authenticate` throws. */
export async function admit(request: Request, { platform, log, limits, address }: AdmitContext): Promise<ApiKey> {
  const authorization = request.headers.get('authorization')
  limits.admit(address, authorization)
  const key = await authenticate(platform, request, log).catch((error: unknown) => {
    if (isFault(error, 'KEY_MISSING', 'KEY_INVALID')) limits.stranger(address, authorization)
    throw error
  })
  limits.credential(key.id, authorization)
  return key
}
