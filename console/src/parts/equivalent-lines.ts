import { DECLARATIONS, type OperationName, ROUTES } from 'tenantry/api'
import { shWord } from './sh.js'

type Input = Readonly<Record<string, unknown>>

/** `appHost` as the command line has it: `app-host`. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const text = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value))

/** What is said of an input; what is not given says nothing. */
const given = (input: Input): [string, unknown][] => Object.entries(input).filter(([, value]) => value !== undefined && value !== null)

/** Switches that are on unless they are turned off: a `true` says nothing of them, and a `false` nothing of all others. */
export const ON_BY_DEFAULT: ReadonlySet<string> = new Set(['migrate.plan forecast', 'tenant.clone anonymise'])

/** The command that does the same at a terminal. */
export function commandLine(name: OperationName, input: Input): string {
  const { positionals } = DECLARATIONS[name]
  const words = given(input)
  const places = positionals.flatMap((field) => words.filter(([one]) => one === field).map(([, value]) => text(value)))
  const flags = words
    .filter(([field]) => !positionals.includes(field))
    .flatMap(([field, value]) => {
      if (typeof value === 'boolean') {
        if (value === ON_BY_DEFAULT.has(`${name} ${field}`)) return []
        return [value ? `--${kebab(field)}` : `--no-${kebab(field)}`]
      }
      return (Array.isArray(value) ? value : [value]).map((one) => flag(kebab(field), text(one)))
    })
  const command = `tenantry ${name.endsWith('.run') ? name.slice(0, -'.run'.length) : name.replace('.', ' ')}`
  // What begins with a dash would be read as a flag.
  const parts = places.some((place) => place.startsWith('-'))
    ? [command, ...flags, '--', ...places.map(shWord)]
    : [command, ...places.map(shWord), ...flags]
  return parts.join(' ')
}

const flag = (name: string, value: string): string => (value.startsWith('-') ? shWord(`--${name}=${value}`) : `--${name} ${shWord(value)}`)

/** The request that does the same. The key is the caller's own, by the name of a variable. */
export function curlLine(name: OperationName, input: Input, origin: string, ifMatch?: string): string {
  const { method, path } = ROUTES[name]
  const rest = new Map(given(input))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const value = text(rest.get(field) ?? '')
    rest.delete(field)
    return encodeURIComponent(value)
  })
  const query = method === 'POST' ? '' : new URLSearchParams([...rest].map(([field, value]): [string, string] => [field, text(value)])).toString()
  const address = `${origin}${filled}${query === '' ? '' : `?${query}`}`
  return [
    'curl -sS',
    ...(method === 'DELETE' ? ['-X DELETE'] : []),
    '-H "Authorization: Bearer $TENANTRY_API_KEY"',
    ...(ifMatch === undefined ? [] : [`-H ${shWord(`If-Match: ${ifMatch}`)}`]),
    ...(method === 'POST' ? [`--json ${shWord(JSON.stringify(Object.fromEntries(rest)))}`] : []),
    shWord(address),
  ].join(' ')
}
