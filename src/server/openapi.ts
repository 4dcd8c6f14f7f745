import { exampleProblem } from './examples.js'
import { HEADERS, type Json, NOT_MODIFIED, PARAMETERS, PROBLEM, reference, SECURITY_SCHEMES } from './openapi/components.js'
import { codesOf, problemsOf } from './openapi/problems.js'
import { describeRoute, tagOf } from './openapi/route.js'
import type { OwnRoute } from './own-routes.js'
import { titleOf } from './problem.js'
import type { Route } from './routes.js'

/** The API described in OpenAPI 3.1, from the declarations of its operations. */
export function openApiDocument(routes: readonly Route[], own: readonly Omit<OwnRoute, 'answer'>[]): Json {
  const paths: Record<string, Record<string, Json>> = {
    '/healthz': { get: probe('healthz', 'Does the process answer?', { 200: 'It does.' }) },
    '/readyz': { get: probe('readyz', 'Does its catalog answer as well?', { 200: 'It does.', 503: 'It does not.' }) },
  }
  const responses: Record<string, Json> = { NotModified: NOT_MODIFIED }
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method.toLowerCase()] = describeRoute(route, responses)
  }
  for (const { method, path, described, faults } of own) {
    paths[path] ??= {}
    const answers = { ...(described.responses as Json), ...problemsOf(faults, responses) }
    paths[path]![method.toLowerCase()] = { ...described, responses: answers }
  }
  const codes = [...new Set([...routes.flatMap(codesOf), ...own.flatMap(({ faults }) => faults)])].sort()
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tenantry',
      version: 'v1',
      summary: 'The tenant platform for PostgreSQL.',
      description:
        'Every error is a problem of RFC 9457. Keys are made with `tenantry key create`. Every answer says that it is not kept (Cache-Control: no-store), not framed and not guessed at (Content-Security-Policy, X-Frame-Options, Cross-Origin-Opener-Policy, Cross-Origin-Resource-Policy, X-Content-Type-Options, Referrer-Policy). `x-tenantry` has what an operation declares beside its fields: `effect`, `kind`, `roles`, `stronger` (fields that take other roles), `tenant` (the field that names it), `onlySession`, `own` (about whoever asks alone), `lasting` (not for broken glass), `positionals`, `confirm`, `columns` of a list, `secret` (fields that are answered once), `background` (may be handed to the workers).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { session: [] }],
    tags: [...new Set([...routes.map(tagOf), ...own.flatMap(({ described }) => described.tags as string[])])]
      .sort()
      .map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: { Problem: PROBLEM },
      parameters: PARAMETERS,
      responses: Object.fromEntries(Object.entries(responses).sort(([a], [b]) => (a < b ? -1 : 1))),
      examples: Object.fromEntries(codes.map((code) => [code, { summary: `${titleOf(code)}.`, value: exampleProblem(code) }])),
      headers: HEADERS,
    },
  }
}

const probe = (operationId: string, summary: string, answers: Readonly<Record<number, string>>): Json => ({
  operationId,
  summary,
  security: [],
  responses: Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [
      status,
      {
        description,
        headers: { 'X-Request-Id': reference('headers', 'RequestId') },
        content: { 'application/json': { schema: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } } } },
      },
    ]),
  ),
})
