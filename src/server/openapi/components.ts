import type { JsonSchema } from '../routes.js'

export type Json = Readonly<Record<string, unknown>>

export const reference = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })

/** Two ways of saying who asks. */
export const SECURITY_SCHEMES: Json = {
  key: { type: 'http', scheme: 'bearer', bearerFormat: 'tny_ and 49 characters', description: 'An API key, in this header only.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'tenantry_PLATFORM',
    description:
      'A person who has signed in by `POST /v1/session`; the name ends with the id of the platform, and begins with `__Host-` where the console has an address with https. Changes need the header X-Tenantry-CSRF as well, and a browser that says from which page they come. A key in the header wins.',
  },
}

export const PROBLEM = {
  type: 'object',
  description: 'RFC 9457. `code` is stable and never renamed; `detail` says the cause and `remedy` what to do next, in one line each.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'remedy', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { type: 'string' },
    remedy: { type: 'string' },
    request_id: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', required: ['detail'], properties: { detail: { type: 'string' } } } },
  },
} satisfies JsonSchema

export const PARAMETERS = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'A name for the request, which the answer and the log repeat if it has this form.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._:-]{1,128}$' },
    example: 'order-17.3',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key with the same request does the work once, within 24 hours, and is answered alike.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    example: 'ebf2b04d8a8c4c9f9d1d6f3c2a7e8d90',
  },
  Csrf: {
    name: 'X-Tenantry-CSRF',
    in: 'header',
    description: 'In a session: what `GET /v1/session` tells. With an API key it is not looked at.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
    example: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`respond-async` answers as soon as the operation is journaled.',
    schema: { type: 'string' },
    example: 'respond-async',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The ETag that the GET of what is changed has answered, or several: with any other version nothing is changed. `*`: whichever version there is.',
    schema: { type: 'string' },
    example: '*',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETags of earlier answers: if it would be one of them again, the answer is 304 and has no body.',
    schema: { type: 'string' },
    example: '"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"',
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'Of a stream: goes on behind the event with this id.',
    schema: { type: 'string' },
  },
}

export const HEADERS: Json = {
  RequestId: {
    description: 'The request, as the log names it: the X-Request-Id that was sent, or a new one.',
    schema: { type: 'string' },
  },
  NextPage: {
    description: 'The next page of the list, as `<address>; rel="next"`. Missing on the last one.',
    schema: { type: 'string' },
  },
  ETag: {
    description: 'The version of what is answered: another one as soon as a byte of it is another.',
    schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]{43}"$' },
  },
  OperationId: {
    description: 'The journaled operation; see /v1/operations/{operation}.',
    schema: { type: 'string', format: 'uuid' },
  },
  Location: { description: 'Where to read it.', schema: { type: 'string', format: 'uri-reference' } },
  SetCookie: { description: 'The session, or that there is none any more.', schema: { type: 'string' } },
  PreferenceApplied: { description: 'That the preference was heard.', schema: { type: 'string', const: 'respond-async' } },
  RetryAfter: { description: 'The same request may succeed after so many seconds.', schema: { type: 'string' }, example: '1' },
  Challenge: {
    description: 'What a request is to be authorized with.',
    schema: { type: 'string' },
    example: 'Bearer realm="tenantry"',
  },
}

export const NOT_MODIFIED: Json = {
  description: 'It is a version that If-None-Match names.',
  headers: { 'X-Request-Id': reference('headers', 'RequestId'), ETag: reference('headers', 'ETag') },
}
