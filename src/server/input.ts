import { fault } from '../kernel/faults.js'
import { isStorable } from '../kernel/plain-text.js'
import { readJsonBody, refuseBody } from './body.js'
import type { JsonSchema, Route } from './routes.js'

/**
 * Puts together what an operation is asked with: fields of the path, and of the query (GET, DELETE) or the body (POST). It judges only what HTTP adds;
 * the operation judges its input. Throws INPUT_INVALID with every issue, and what is wrong with the body.
 */
export async function readInput(request: Request, route: Route, path: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const query = new URL(request.url).searchParams
  const issues: string[] = []
  let given: Record<string, unknown>
  if (route.method === 'POST') {
    given = await readJsonBody(request)
    issues.push(...wrongTypes(route, given), ...names(query).map((name) => `${name}: belongs into the body, not into the address`))
  } else {
    await refuseBody(request)
    given = fromQuery(route, query, issues)
  }
  for (const [name, value] of Object.entries(path)) {
    if (Object.hasOwn(given, name) && given[name] !== value) issues.push(`${name}: differs from the one in the path`)
  }
  const input = { ...given, ...path }
  if (hasUnstorableText(input)) issues.push('text must be well-formed Unicode without NUL')
  if (issues.length > 0) throw fault('INPUT_INVALID', { issues })
  return input
}

const names = (query: URLSearchParams): string[] => [...new Set(query.keys())].map((name) => name.slice(0, 100))

function fromQuery(route: Route, query: URLSearchParams, issues: string[]): Record<string, unknown> {
  const given: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const [text, ...more] = query.getAll(name)
    if (more.length > 0) issues.push(`${name.slice(0, 100)}: is given more than once`)
    // By definition of a property: an assignment to __proto__ would be none, and pass unseen.
    Object.defineProperty(given, name, { value: typed(route.input.properties[name], text!), enumerable: true })
  }
  if (Object.hasOwn(given, '__proto__')) issues.push('unknown field "__proto__"')
  return given
}

/** Text of the address as the type that the field has, if it can be read as one; otherwise the operation refuses the text. */
function typed(schema: JsonSchema | undefined, text: string): unknown {
  if (schema?.type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  if (isNumeric(schema)) return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN
  return text
}

/** Operations coerce numbers, for the sake of the command line; in JSON a number is a number. */
function wrongTypes(route: Route, given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(route.input.properties).flatMap(([name, schema]) =>
    isNumeric(schema) && Object.hasOwn(given, name) && typeof given[name] !== 'number' ? [`${name}: must be a number`] : [],
  )
}

const isNumeric = (schema: JsonSchema | undefined): boolean => schema?.type === 'integer' || schema?.type === 'number'

function hasUnstorableText(value: unknown): boolean {
  if (typeof value === 'string') return !isStorable(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, inner]) => hasUnstorableText(key) || hasUnstorableText(inner))
}
