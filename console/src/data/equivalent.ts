import { DECLARATIONS, type InputOf, ROUTES } from 'tenantry/api'
import type { OperationName } from './names.js'
import { shellWord } from './quote.js'

/** The same as on the screen, for a terminal and for a program. Both read their key from the environment; no secret is ever in them. */
export interface Equivalent {
  readonly cli: string
  readonly curl: string
}

/** Switches that are on unless they are turned off. */
export const ON_BY_DEFAULT: ReadonlySet<string> = new Set(['migrate.plan forecast', 'tenant.clone anonymise', 'tenant.vacuum analyze'])

export function equivalentOf<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  { origin, ifMatch }: { readonly origin: string; readonly ifMatch?: string | undefined },
): Equivalent {
  const given = new Map(Object.entries(input).filter(([, value]) => value !== undefined && value !== null))
  return { cli: ['tenantry', ...commandWords(name, given)].map(shellWord).join(' '), curl: curlOf(name, new Map(given), origin, ifMatch) }
}

/** Noun, verb, positionals and flags. */
function commandWords(name: OperationName, given: ReadonlyMap<string, unknown>): readonly string[] {
  const command = name.endsWith('.run') ? [name.slice(0, -'.run'.length)] : name.split('.')
  const { positionals } = DECLARATIONS[name]
  const places: string[] = []
  for (const field of positionals) {
    if (!given.has(field)) break
    places.push(String(given.get(field)))
  }
  const flags = [...given].filter(([field]) => positionals.indexOf(field) < 0 || positionals.indexOf(field) >= places.length)
  const flagged = flags.flatMap(([field, value]) => flagWords(name, field, value))
  // What begins like a flag is none behind these.
  return places.some((place) => place.startsWith('-')) ? [...command, ...flagged, '--', ...places] : [...command, ...places, ...flagged]
}

function flagWords(name: OperationName, field: string, value: unknown): readonly string[] {
  const flag = `--${kebab(field)}`
  if (value === true) return ON_BY_DEFAULT.has(`${name} ${field}`) ? [] : [flag]
  if (value === false) return ON_BY_DEFAULT.has(`${name} ${field}`) ? [`--no-${kebab(field)}`] : []
  if (Array.isArray(value)) return value.map((one) => `${flag}=${String(one)}`)
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.startsWith('-') || text === '' ? [`${flag}=${text}`] : [flag, text]
}

function curlOf(name: OperationName, given: Map<string, unknown>, origin: string, ifMatch: string | undefined): string {
  const { method, path } = ROUTES[name]
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = String(given.get(field) ?? '')
    given.delete(field)
    return encodeURIComponent(value)
  })
  const query =
    method === 'POST' ? '' : new URLSearchParams([...given].map(([field, value]): [string, string] => [field, String(value)])).toString()
  const words = [
    'curl',
    ...(method === 'GET' ? [] : ['-X', method]),
    // The one word that the shell is to look into.
    '-H "Authorization: Bearer $TENANTRY_API_KEY"',
    ...(ifMatch === undefined ? [] : ['-H', shellWord(`If-Match: ${ifMatch}`)]),
    ...(method === 'POST'
      ? ['-H', shellWord('Content-Type: application/json'), '-d', shellWord(JSON.stringify(Object.fromEntries(given)))]
      : []),
    shellWord(`${origin}${filled}${query === '' ? '' : `?${query}`}`),
  ]
  return words.join(' ')
}

/** `appHost` as people type it: `app-host`. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
