import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Secrets } from '../kernel/secrets.js'
import type { S3Place } from './place.js'

type S3Module = typeof import('@aws-sdk/client-s3')
type S3Client = InstanceType<S3Module['S3Client']>

export interface S3Connection {
  readonly sdk: S3Module
  readonly client: S3Client
}

const PACKAGE = '@aws-sdk/client-s3'
const ATTEMPTS = 5
const CONNECT_MS = 10_000
const SILENT_MS = 60_000

/** Loads the client, which takes a while and is not installed everywhere. Throws STORE_CLIENT_MISSING, SECRET_MISSING. */
export async function connectS3({ s3 }: S3Place, secrets: Secrets): Promise<S3Connection> {
  const sdk = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    const { code } = cause as { readonly code?: string }
    throw code === 'ERR_MODULE_NOT_FOUND' ? fault('STORE_CLIENT_MISSING', { package: PACKAGE }, { cause }) : cause
  })
  const { accessKey, secretKey, sessionToken, endpoint } = s3
  const credentials =
    accessKey === undefined || secretKey === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: secrets(accessKey),
            secretAccessKey: secrets(secretKey),
            ...(sessionToken === undefined ? {} : { sessionToken: secrets(sessionToken) }),
          },
        }
  const client = new sdk.S3Client({
    region: s3.region ?? 'us-east-1',
    forcePathStyle: s3.pathStyle ?? endpoint !== undefined,
    maxAttempts: ATTEMPTS,
    // Servers of others know the newer checksums only in part. What is read says itself whether it is whole: archives and wrapped keys do.
    requestChecksumCalculation: endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...credentials,
  })
  return { sdk, client }
}

interface S3Failure {
  readonly name?: string
  readonly code?: string
  readonly Code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

export const statusOf = (error: unknown): number | undefined => (error as S3Failure | undefined)?.$metadata?.httpStatusCode

/** What the server calls it, such as NoSuchKey; else what the system does, such as ECONNREFUSED. */
export function failureOf(error: unknown): string {
  const { name, code, Code } = (error ?? {}) as S3Failure
  const plain = name === undefined || name === 'Error' || name === 'AggregateError' || name === 'Unknown' || name === 'UnknownError'
  return [plain ? undefined : name, Code, code, name].find((one) => typeof one === 'string' && one !== '')?.slice(0, 80) ?? 'unknown'
}

const FULL = /^(QuotaExceeded|InsufficientStorage|XMinioStorageFull)/
const BUSY = /^(SlowDown|RequestTimeout|InternalError|ServiceUnavailable|TooManyRequests|Throttl)/

/** Messages of the server are left out: nothing says what they repeat. */
export function s3Fault(error: unknown, store: string, key: string): Fault {
  if (isFault(error)) return error
  const [status, failure] = [statusOf(error), failureOf(error)]
  const options = { cause: { name: failure, status } }
  if (failure === 'NoSuchKey' || (status === 404 && failure === 'NotFound')) return fault('OBJECT_MISSING', { store, key }, options)
  if (status === 507 || FULL.test(failure)) return fault('STORE_FULL', { store }, options)
  if (failure === 'CredentialsProviderError') {
    return fault('STORE_REFUSED', { store, reason: 'no access key was found; name accessKey and secretKey' }, options)
  }
  if (status === undefined || status >= 500 || status === 429 || BUSY.test(failure)) {
    return fault('STORE_UNREACHABLE', { store, reason: status === undefined ? failure : `${failure} (${status})` }, options)
  }
  return fault('STORE_REFUSED', { store, reason: `${failure} (${status})` }, options)
}
