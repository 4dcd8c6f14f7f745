import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { fault } from '../kernel/faults.js'
import type { Secrets } from '../kernel/secrets.js'
import type { RequestFacts } from './facts.js'
import type { WayMaker } from './way.js'

/** The package `jose`, by what is needed of it: pass all of it, as `import * as jose from 'jose'` gives it. */
export interface Jose {
  readonly jwtVerify: (
    token: string,
    key: never,
    options: {
      issuer: string[]
      audience: string[]
      algorithms: string[]
      requiredClaims: string[]
      clockTolerance: number
    },
  ) => Promise<{ readonly payload: object }>
  readonly createRemoteJWKSet: (url: URL, options: { timeoutDuration: number }) => unknown
  readonly createLocalJWKSet: (jwks: never) => unknown
}

export interface ByJwtOptions {
  readonly jose: Jose
  /** Who must have issued the token. */
  readonly issuer: string | readonly string[]
  /** Whom it must be for. */
  readonly audience: string | readonly string[]
  /** Such as `['RS256']`; `none` never counts, and HS256 to HS512 need `secret`. */
  readonly algorithms: readonly string[]
  /** The claim that holds the tenant's id (or slug), or what reads it. */
  readonly claim: string | ((claims: Readonly<Record<string, unknown>>) => unknown)
  /** The keys of the issuer: the address of its key set (https, or http on this machine), or the set itself. */
  readonly jwks?: string | { readonly keys: readonly object[] }
  /** In place of `jwks`: one public key, as PEM. */
  readonly publicKey?: string
  /** In place of `jwks`: a reference to a secret of at least 32 bytes that issuer and application share. */
  readonly secret?: string
  /** Where the token stands. Default: `Authorization: Bearer`. */
  readonly token?: (facts: RequestFacts) => string | undefined
  /** By how much the issuer's clock may be off, in seconds. Default 5. */
  readonly clockToleranceSeconds?: number
}

const SYMMETRIC = /^HS(256|384|512)$/
const FETCH_MS = 3_000

// What is wrong with the token. Any other error is about the keys, and says nothing about who asks.
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'a claim is missing, or not what is asked for',
  ERR_JWT_INVALID: 'it is no token',
  ERR_JWS_INVALID: 'it is no token',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not one of those that are let in',
  ERR_JOSE_NOT_SUPPORTED: 'it asks for what is not supported',
  ERR_JWKS_NO_MATCHING_KEY: 'no key of the issuer has signed it',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'it does not say which key of the issuer has signed it',
}

/** By a claim of a signed token (JWT) that has not expired. What the token says besides is `req.tenant.claims`. */
export const byJwt =
  (options: ByJwtOptions): WayMaker =>
  ({ secrets }) => {
    const { jose, claim, token = bearer } = options
    const key = keyOf(options, secrets)
    const checks = {
      issuer: [options.issuer].flat(),
      audience: [options.audience].flat(),
      algorithms: [...options.algorithms],
      requiredClaims: ['exp', ...(typeof claim === 'string' ? [claim] : [])],
      clockTolerance: options.clockToleranceSeconds ?? 5,
    }
    const unproven = (reason: string, cause?: unknown) => fault('TENANT_UNPROVEN', { by: 'jwt', reason }, { cause })
    return {
      challenge: 'Bearer',
      read: async (facts) => {
        const text = token(facts)
        if (text === undefined) return undefined
        let claims: Readonly<Record<string, unknown>>
        try {
          claims = (await jose.jwtVerify(text, key as never, checks)).payload as Readonly<Record<string, unknown>>
        } catch (error) {
          const reason = REFUSALS[String((error as { code?: unknown }).code)]
          if (reason !== undefined) throw unproven(reason, error)
          throw fault('PROOF_UNREACHABLE', { by: 'jwt', reason: (error as Error).message }, { cause: error })
        }
        const ref = typeof claim === 'string' ? claims[claim] : claim(claims)
        if (typeof ref !== 'string' || ref === '') throw unproven('its claim names no tenant')
        return { by: 'jwt', ref, vouched: true, claims }
      },
    }
  }

function bearer(facts: RequestFacts): string | undefined {
  const values = facts.header('authorization')
  if (values.length === 0) return undefined
  const found = values.length === 1 ? /^Bearer +([^\s,]+) *$/i.exec(values[0]!)?.[1] : undefined
  // Of another scheme, or of none that is known: it does not speak of a tenant here, and must not be taken for silence.
  if (found === undefined) throw fault('TENANT_UNPROVEN', { by: 'jwt', reason: 'Authorization is no single Bearer token' })
  return found
}

/** A key, or what finds one: never one that could be taken for a shared secret. Throws INPUT_INVALID, SECRET_MISSING. */
function keyOf({ jose, algorithms, issuer, audience, jwks, publicKey, secret }: ByJwtOptions, secrets: Secrets): unknown {
  const issues: string[] = []
  const given = [jwks, publicKey, secret].filter((one) => one !== undefined)
  if (given.length !== 1) issues.push('give exactly one of jwks, publicKey and secret')
  if (algorithms.length === 0) issues.push('algorithms: name those that the issuer signs with, such as RS256')
  if ([issuer].flat().length === 0 || [issuer].flat().includes('')) issues.push('issuer: name who issues the tokens')
  if ([audience].flat().length === 0 || [audience].flat().includes('')) issues.push('audience: name whom the tokens are for')
  if (algorithms.some((name) => name.toLowerCase() === 'none')) issues.push('algorithms: a token that nobody has signed proves nothing')
  if (algorithms.some((name) => SYMMETRIC.test(name) !== (secret !== undefined)))
    issues.push('algorithms: HS256, HS384 and HS512 go with `secret` and with nothing else')
  if (issues.length > 0) throw fault('INPUT_INVALID', { issues: issues.map((issue) => `byJwt: ${issue}`) })
  if (secret !== undefined) {
    const key: KeyObject = createSecretKey(Buffer.from(secrets(secret)))
    if ((key.symmetricKeySize ?? 0) < 32)
      throw fault('SECRET_MISSING', { reference: secret, reason: 'a signing key has at least 32 bytes' })
    return key
  }
  if (publicKey !== undefined) {
    try {
      return createPublicKey(publicKey)
    } catch (error) {
      throw fault('INPUT_INVALID', { issues: ['byJwt: publicKey must be the text of a PEM file'] }, { cause: error })
    }
  }
  if (typeof jwks !== 'string') return jose.createLocalJWKSet(jwks as never)
  const url = new URL(jwks)
  const isHere = url.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol !== 'https:' && !isHere) throw fault('INPUT_INVALID', { issues: ['byJwt: jwks must be fetched over https'] })
  return jose.createRemoteJWKSet(url, { timeoutDuration: FETCH_MS })
}
