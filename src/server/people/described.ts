import type { z } from 'zod'
import type { FaultCode } from '../../kernel/faults.js'
import { exampleOf } from '../examples.js'
import { jsonSchema } from '../routes.js'
import { invitationInput, invitedOutput, passwordInput, sessionOutput, signInInput, waysOutput } from './shapes.js'

type Json = Readonly<Record<string, unknown>>

interface Described {
  readonly described: Json
  readonly faults: readonly FaultCode[]
}

const header = (name: string): Json => ({ $ref: `#/components/headers/${name}` })
const parameter = (name: string): Json => ({ $ref: `#/components/parameters/${name}` })

const bodyOf = (schema: z.ZodType, example: Json): Json => ({
  required: true,
  content: { 'application/json': { schema: jsonSchema(schema, 'input'), example } },
})

const answerOf = (schema: z.ZodType, description: string, cookie: boolean): Json => {
  const shape = jsonSchema(schema, 'output')
  return {
    description,
    headers: { 'X-Request-Id': header('RequestId'), ...(cookie ? { 'Set-Cookie': header('SetCookie') } : {}) },
    content: { 'application/json': { schema: shape, example: exampleOf(shape) } },
  }
}

const STRANGERS: readonly FaultCode[] = ['RATE_LIMITED', 'INPUT_INVALID', 'REQUEST_FORGED', 'CATALOG_UNREACHABLE', 'INTERNAL']
const BODY: readonly FaultCode[] = ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE']
const HOLDERS: readonly FaultCode[] = ['KEY_MISSING', 'KEY_INVALID', 'SESSION_ENDED']

const common = { tags: ['session'], parameters: [parameter('RequestId')] }
const ANYBODY = { ...common, security: [] }
const IN_SESSION = { ...common, parameters: [parameter('RequestId'), parameter('Csrf')], security: [{ session: [] }] }

const cookied = { 'X-Request-Id': header('RequestId'), 'Set-Cookie': header('SetCookie') }
const html = { 'text/html': { schema: { type: 'string', description: 'A page that leads on to the console.' } } }
const query = (name: string, description: string, example: string): Json => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
  example,
})

/** The ways by an issuer of OpenID Connect. */
export const OIDC_DESCRIBED = {
  ways: {
    described: {
      ...ANYBODY,
      operationId: 'signInWays',
      summary: 'How people sign in here.',
      responses: { 200: answerOf(waysOutput, 'Done.', false) },
    },
    faults: ['RATE_LIMITED', 'INPUT_INVALID', 'BODY_INVALID', 'INTERNAL'],
  },
  begin: {
    described: {
      ...ANYBODY,
      operationId: 'issuerBegin',
      parameters: [parameter('RequestId'), query('back', 'Where on the console it leads back to.', '/tenants')],
      summary: 'For browsers: on to the issuer that people sign in at.',
      responses: {
        303: { description: 'On to the issuer.', headers: { ...cookied, Location: header('Location') } },
        503: { description: 'The issuer cannot be asked.', headers: { 'X-Request-Id': header('RequestId') }, content: html },
      },
    },
    faults: ['ROUTE_NOT_FOUND', 'RATE_LIMITED', 'INPUT_INVALID', 'BODY_INVALID', 'INTERNAL'],
  },
  end: {
    described: {
      ...ANYBODY,
      operationId: 'issuerEnd',
      parameters: [
        parameter('RequestId'),
        query('code', 'Of the issuer.', 'SplxlOBeZQQYbYS6WxSbIA'),
        query('state', 'As it was sent there.', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'),
      ],
      summary: 'For browsers: back from the issuer. Signs in, by a page that leads on.',
      responses: {
        200: { description: 'Signed in.', headers: cookied, content: html },
        401: { description: 'The issuer does not vouch for them, or gives them no role here.', headers: cookied, content: html },
        503: { description: 'The issuer cannot be asked.', headers: cookied, content: html },
      },
    },
    faults: ['ROUTE_NOT_FOUND', 'RATE_LIMITED', 'INPUT_INVALID', 'INTERNAL'],
  },
} satisfies Record<string, Described>

/** What people sign in by, as OpenAPI describes it. */
export const DESCRIBED = {
  signIn: {
    described: {
      ...ANYBODY,
      operationId: 'signIn',
      summary: 'Sign in by name and password. The session comes as a cookie.',
      requestBody: bodyOf(signInInput, { name: 'anna', password: 'correct horse battery staple' }),
      responses: { 201: answerOf(sessionOutput, 'Signed in.', true) },
    },
    faults: [...STRANGERS, ...BODY, 'SIGN_IN_FAILED', 'SIGN_IN_LOCKED'],
  },
  show: {
    described: {
      ...common,
      operationId: 'whoAsks',
      summary: 'Who asks, with which role; in a session also what its changes need as X-Tenantry-CSRF.',
      responses: { 200: answerOf(sessionOutput, 'Done.', false) },
    },
    faults: [...HOLDERS, 'RATE_LIMITED', 'INPUT_INVALID', 'BODY_INVALID', 'CATALOG_UNREACHABLE', 'INTERNAL'],
  },
  signOut: {
    described: {
      ...IN_SESSION,
      operationId: 'signOut',
      summary: 'Sign out: the session ends at once, and its streams with it.',
      responses: {
        204: { description: 'Done.', headers: { 'X-Request-Id': header('RequestId'), 'Set-Cookie': header('SetCookie') } },
      },
    },
    faults: [
      ...HOLDERS,
      'SESSION_NEEDED',
      'RATE_LIMITED',
      'INPUT_INVALID',
      'BODY_INVALID',
      'REQUEST_FORGED',
      'CATALOG_UNREACHABLE',
      'INTERNAL',
    ],
  },
  invitation: {
    described: {
      ...ANYBODY,
      operationId: 'invitationShow',
      summary: 'Whose link it is, and until when it works.',
      requestBody: bodyOf(invitationInput, { invitation: `tni_${'A'.repeat(43)}` }),
      responses: { 200: answerOf(invitedOutput, 'Done.', false) },
    },
    faults: [...STRANGERS, ...BODY, 'INVITATION_INVALID'],
  },
  password: {
    described: {
      ...common,
      parameters: IN_SESSION.parameters,
      security: [{ session: [] }, {}],
      operationId: 'passwordChoose',
      summary: 'Choose a password, by a link, which signs in, or in a session, whose others end.',
      requestBody: bodyOf(passwordInput, { invitation: `tni_${'A'.repeat(43)}`, password: 'a longer horse than before' }),
      responses: {
        200: answerOf(sessionOutput, 'Changed, in a session.', false),
        201: answerOf(sessionOutput, 'Chosen by a link, and signed in.', true),
      },
    },
    faults: [...STRANGERS, ...BODY, ...HOLDERS, 'INVITATION_INVALID', 'SESSION_NEEDED', 'SIGN_IN_FAILED', 'SIGN_IN_LOCKED'],
  },
} satisfies Record<string, Described>
