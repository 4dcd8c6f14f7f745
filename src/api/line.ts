import { type ApiFault, faultOfProblem, invalid, isApiFault, unexpected } from './fault.js'
import type { Route } from './route.js'

/** What somebody in between answers in the place of an API that is not there, or not in time. */
export const GATEWAY: readonly number[] = [502, 503, 504]

/** What a client needs to send anything. */
export interface Line {
  readonly url: string
  readonly key: string | undefined
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** How long an address that does not answer is tried again. */
  readonly patienceMs: number
  /** How long a stream may be silent before it counts as lost. */
  readonly silenceMs: number
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface Received {
  readonly response: Response
  readonly body: unknown
}

/** Said where a request may have arrived, and nothing tells what became of it. */
export interface Lost {
  readonly lost: string
  /** What somebody in between has answered in the place of the API. */
  readonly fault?: ApiFault
}

/** One request and its whole answer. A connection that is lost is told; a problem is thrown as a fault, an abort as the signal's reason. */
export async function exchange(line: Line, route: Route, input: Input, options: SendOptions): Promise<Received | Lost> {
  const response = await begin(line, route, input, options)
  if ('lost' in response) return response
  let text: string
  try {
    text = await response.text()
  } catch (error) {
    options.signal?.throwIfAborted()
    return { lost: reasonOf(error) }
  }
  try {
    const body = read(response, text)
    if (!response.ok) throw faultOfProblem(response, body)
    return { response, body }
  } catch (error) {
    // Somebody in between who has lost the API, or has not waited for it: as little is known as of a connection that was lost.
    if (!isApiFault(error, 'API_UNEXPECTED') || !GATEWAY.includes(response.status)) throw error
    return { lost: error.cause, fault: error }
  }
}

/** The head of an answer; its body is still to be read. */
export async function begin(line: Line, route: Route, input: Input, { headers = {}, signal }: SendOptions): Promise<Response | Lost> {
  const { path, body } = addressOf(route, input)
  const init: RequestInit = {
    method: route.method,
    headers: {
      Accept: 'application/json, application/problem+json',
      ...(line.key === undefined ? {} : { Authorization: `Bearer ${line.key}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    // No answer of ours leads elsewhere, and a key is for nobody else.
    redirect: 'error',
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  }
  try {
    return await line.fetch(`${line.url}${path}`, init)
  } catch (error) {
    signal?.throwIfAborted()
    return { lost: reasonOf(error) }
  }
}

export type Input = Readonly<Record<string, unknown>>

/** Fields of the path, then the query (GET, DELETE) or the body (POST). Throws INPUT_INVALID for what no address can hold. */
function addressOf({ method, path }: Route, input: Input): { readonly path: string; readonly body: string | undefined } {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest.get(name) ?? '')
    rest.delete(name)
    // Whatever makes an address whole takes these for folders: the request would go to another operation.
    if (value === '' || value === '.' || value === '..') throw invalid(`${name}: cannot be "${value}"`)
    if (!isWellFormed(value)) throw invalid(`${name}: must be well-formed Unicode`)
    return encodeURIComponent(value)
  })
  if (method === 'POST') return { path: filled, body: JSON.stringify(Object.fromEntries(rest)) }
  const query = new URLSearchParams([...rest].map(([name, value]): [string, string] => [name, String(value)])).toString()
  return { path: query === '' ? filled : `${filled}?${query}`, body: undefined }
}

// Half of a surrogate pair: encodeURIComponent throws, and what throws there names no field.
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

function read(response: Response, text: string): unknown {
  if (!/^application\/(problem\+)?json\b/i.test(response.headers.get('content-type') ?? '')) throw notOurs(response, text)
  try {
    return JSON.parse(text)
  } catch {
    throw notOurs(response, text)
  }
}

const notOurs = (response: Response, text: string) =>
  unexpected(response.status, text.slice(0, 100).replaceAll(/\s+/g, ' ').trim() || 'no body')

/** What `fetch` throws says "fetch failed", and why only in its cause. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { readonly cause?: { readonly message?: string; readonly code?: string }; readonly message?: string }
  return cause?.message || cause?.code || message || String(error)
}
