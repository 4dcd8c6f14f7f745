import { type AskOptions, ask } from './ask.js'
import { type FollowOptions, follow, LAST, type Streams } from './events.js'
import { type ApiFault, isApiFault } from './fault.js'
import type { Line } from './line.js'
import { ROUTES } from './routes.generated.js'
import type { OperationName, Operations } from './wire.generated.js'

export interface ApiClientOptions {
  /** Where `tenantry serve` answers, such as `https://tenantry.example`. In a browser the empty text is the page's own origin. */
  readonly url: string
  /** An API key. Without one, what the browser sends by itself counts. */
  readonly key?: string | undefined
  /** Default: the global one. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** For how long an address that does not answer is tried again, in milliseconds, pauses alone. Default 15,000. */
  readonly patienceMs?: number | undefined
  /** For how long a stream of events may be silent before it counts as lost, in milliseconds. Default 60,000. */
  readonly silenceMs?: number | undefined
}

export type InputOf<Name extends OperationName> = Operations[Name]['input']
export type OutputOf<Name extends OperationName> = Operations[Name]['output']

/** An input without which nothing is asked may be left out. */
type Asked<Name extends OperationName, Options> =
  Record<never, never> extends InputOf<Name> ? [input?: InputOf<Name>, options?: Options] : [input: InputOf<Name>, options?: Options]

export interface Answer<Output> {
  readonly output: Output
  /** The journaled operation; undefined for what only looks. */
  readonly operation: string | undefined
  /** The version of what was answered, for `ifMatch`; undefined where the server gives none. */
  readonly etag: string | undefined
}

export type Attempt<Output> = (Answer<Output> & { readonly ok: true }) | { readonly ok: false; readonly fault: ApiFault }

export type RunOptions = AskOptions & { readonly detach?: false | undefined }

/** Operations that answer page by page. */
export type PagedName = {
  [Name in OperationName]: OutputOf<Name> extends { readonly data: readonly unknown[]; readonly nextCursor: string | null } ? Name : never
}[OperationName]

export type RowOf<Name extends PagedName> = OutputOf<Name>['data'][number]

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

export interface ApiClient {
  /**
   * Runs an operation and answers what came of it. A lost connection is made anew, and the same change is not made twice. Throws an ApiFault, or the reason
   * of the signal.
   */
  run<Name extends OperationName>(
    name: Name,
    input: InputOf<Name>,
    options: AskOptions & { readonly detach: true },
  ): Promise<Answer<OutputOf<Name> | undefined>>
  run<Name extends OperationName>(name: Name, ...asked: Asked<Name, RunOptions>): Promise<Answer<OutputOf<Name>>>
  /** As `run`, with the fault as a value. Throws only the reason of the signal. */
  attempt<Name extends OperationName>(name: Name, ...asked: Asked<Name, RunOptions>): Promise<Attempt<OutputOf<Name>>>
  /** The pages of a list, from the one that `cursor` names to the last, each asked for when the one before was taken. */
  pages<Name extends PagedName>(name: Name, ...asked: Asked<Name, ReadOptions>): AsyncIterable<OutputOf<Name>>
  /** The rows of all of these pages. */
  rows<Name extends PagedName>(name: Name, ...asked: Asked<Name, ReadOptions>): AsyncIterable<RowOf<Name>>
  /** What happens, as it happens. A lost connection is made anew, behind what was heard last; leaving the loop ends the stream. */
  events<Name extends keyof Streams>(name: Name, input: InputOf<Name>, options?: FollowOptions): AsyncIterable<Streams[Name]>
}

type AnyInput = Readonly<Record<string, unknown>>

/** A client of the HTTP API, for browsers and for Node. It holds nothing open between calls. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const line: Line = {
    url: options.url.replace(/\/+$/, ''),
    key: options.key,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    patienceMs: options.patienceMs ?? 15_000,
    silenceMs: options.silenceMs ?? 60_000,
  }

  const run = async (name: OperationName, input: AnyInput = {}, asked: AskOptions = {}): Promise<Answer<unknown>> => {
    const { response, body } = await ask(line, ROUTES[name], input, asked)
    return {
      output: response.status === 202 ? undefined : body,
      operation: response.headers.get('operation-id') ?? undefined,
      etag: response.headers.get('etag') ?? undefined,
    }
  }
  const attempt = async (name: OperationName, input?: AnyInput, asked?: AskOptions): Promise<Attempt<unknown>> => {
    try {
      return { ok: true, ...(await run(name, input, asked)) }
    } catch (error) {
      if (isApiFault(error)) return { ok: false, fault: error }
      throw error
    }
  }
  async function* pages(name: OperationName, input: AnyInput = {}, asked: ReadOptions = {}): AsyncGenerator<Page> {
    let { cursor } = input
    do {
      const page = (await run(name, { ...input, cursor }, asked)).output as Page
      yield page
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }
  async function* rows(name: OperationName, input?: AnyInput, asked?: ReadOptions): AsyncGenerator<unknown> {
    for await (const page of pages(name, input, asked)) yield* page.data
  }
  const events = (name: keyof Streams, input: AnyInput, asked: FollowOptions = {}): AsyncIterable<unknown> =>
    follow(line, ROUTES[name], input, LAST[name], asked)

  // Inputs and outputs are those of the operation that is named: the types above tell what the routes do.
  return { run, attempt, pages, rows, events } as ApiClient
}

interface Page {
  readonly data: readonly unknown[]
  readonly nextCursor: string | null
}
