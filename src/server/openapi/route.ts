import type { AnyOperation } from '../../engine/operation.js'
import { declaredBy } from '../declared.js'
import { exampleInput, exampleOf, exampleOutput } from '../examples.js'
import { type JsonSchema, jsonSchema, type ObjectSchema, type Route } from '../routes.js'
import { isStreamed } from '../streams.js'
import { type Json, reference } from './components.js'
import { codesOf, problemsOf } from './problems.js'

export const tagOf = (route: Route): string => route.operation.name.split('.')[0]!

/** One operation of the document. What its problems refer to is put into `responses`. */
export function describeRoute(route: Route, responses: Record<string, Json>): Json {
  const { operation, method } = route
  const body = method === 'POST' ? bodyOf(route) : undefined
  return {
    operationId: operation.name.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [tagOf(route)],
    summary: operation.summary,
    ...whoMay(operation),
    'x-tenantry': { name: operation.name, ...declaredBy(operation) },
    parameters: [...parametersOf(route), ...headersOf(route)],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { ...successOf(route), ...problemsOf(codesOf(route), responses) },
  }
}

function whoMay({ access }: AnyOperation): Json {
  const role = `with the role ${access.roles.join(', ')}`
  const lasting = access.lasting === true ? ' Broken glass is not enough: a person needs the role as their own.' : ''
  return access.onlySession === true
    ? { description: `For people ${role}, who are signed in; no key may.${lasting}`, security: [{ session: [] }] }
    : { description: `For keys and people ${role}.${lasting}` }
}

function parametersOf({ method, pathFields, input }: Route): readonly Json[] {
  const query = method === 'POST' ? [] : Object.keys(input.properties).filter((name) => !pathFields.includes(name))
  const parameter = (name: string, place: 'path' | 'query'): Json => {
    const { description, ...schema } = input.properties[name] ?? {}
    const required = place === 'path' || (input.required.includes(name) && schema.default === undefined)
    const example = exampleOf(schema, name, 'input')
    // A cursor is only what a page has handed out.
    const shown = name === 'cursor' ? {} : { example }
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema, ...shown }
  }
  return [...pathFields.map((name) => parameter(name, 'path')), ...query.map((name) => parameter(name, 'query'))]
}

const headersOf = ({ operation, method }: Route): readonly Json[] =>
  [
    'RequestId',
    ...(method === 'GET' ? ['IfNoneMatch', ...(isStreamed(operation) ? ['LastEventId'] : [])] : ['IdempotencyKey', 'Csrf']),
    ...(method === 'GET' || operation.resource === undefined ? [] : ['IfMatch']),
    ...(operation.kind === 'steps' ? ['Prefer'] : []),
  ].map((name) => reference('parameters', name))

/** The body repeats no field of the path. */
function bodyOf(route: Route): Json | undefined {
  const { operation, pathFields, input } = route
  const whole = jsonSchema(operation.input, 'input') as JsonSchema & ObjectSchema
  const rest = (name: string): boolean => !pathFields.includes(name)
  const properties = Object.fromEntries(Object.entries(input.properties).filter(([name]) => rest(name)))
  if (Object.keys(properties).length === 0) return undefined
  const required = input.required.filter(rest)
  const { required: _, ...schema } = { ...whole, properties }
  const example = Object.fromEntries(Object.entries(exampleInput(route)).filter(([name]) => rest(name)))
  return {
    required: required.length > 0,
    content: { 'application/json': { schema: required.length > 0 ? { ...schema, required } : schema, example } },
  }
}

function successOf(route: Route): Json {
  const { operation, method, created } = route
  const common = {
    'X-Request-Id': reference('headers', 'RequestId'),
    ...(operation.kind === 'direct' ? {} : { 'Operation-Id': reference('headers', 'OperationId') }),
  }
  const located = { ...common, Location: reference('headers', 'Location') }
  const schema = jsonSchema(operation.output, 'output')
  const events = isStreamed(operation) ? { 'text/event-stream': EVENTS[operation.name] } : {}
  const output = { 'application/json': { schema, example: exampleOutput(route) }, ...events }
  if (method === 'GET') {
    const pages = 'nextCursor' in ((schema.properties ?? {}) as object)
    const headers = {
      ...common,
      ...(pages ? { Link: reference('headers', 'NextPage') } : {}),
      ETag: reference('headers', 'ETag'),
    }
    const only = pages ? '`ETag` and `Link` belong' : '`ETag` belongs'
    const description = isStreamed(operation) ? `Done. ${only} to JSON; a stream has no version, and no pages.` : 'Done.'
    return { 200: { description, headers, content: output }, 304: reference('responses', 'NotModified') }
  }
  const done = {
    description: created === undefined ? 'Done.' : 'Made.',
    headers: created === undefined ? common : located,
    content: output,
  }
  const accepted = {
    description: `Journaled, and running. ${
      declaredBy(operation).background === true
        ? 'With `Prefer: respond-async`, and where the input hands it to the workers.'
        : 'Only with `Prefer: respond-async`.'
    }`,
    headers: { ...located, 'Preference-Applied': reference('headers', 'PreferenceApplied') },
    content: {
      'application/json': {
        schema: { type: 'object', required: ['operation'], properties: { operation: { type: 'string', format: 'uuid' } } },
        example: { operation: exampleOf({ type: 'string', format: 'uuid' }) },
      },
    },
  }
  return { [created === undefined ? 200 : 201]: done, ...(operation.kind === 'steps' ? { 202: accepted } : {}) }
}

/** What is asked for with `Accept: text/event-stream`, by operation. */
const EVENTS: Readonly<Record<string, Json>> = {
  'operation.watch': {
    schema: {
      type: 'string',
      description:
        'Server-sent events, the data of each a JSON object: `progress` when something has changed, `failed` for each item that fails, and `ended` as the last, when the operation has ended or paused.',
    },
    example:
      'event: ended\ndata: {"event":"ended","operation":"0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90","state":"succeeded","fault":null}\n\n',
  },
  'event.list': {
    schema: {
      type: 'string',
      description:
        'Server-sent events: `id` is the number of the event, and the data of each as in the list. One called `reset` says that what was to come next is not kept any more, or that Last-Event-ID is not of this catalog: whatever is shown is to be asked for anew, and the stream goes on behind `newest`.',
    },
    example: 'id: 1795338035753\nevent: reset\ndata: {"event":"reset","newest":"1795338035753"}\n\n',
  },
}
