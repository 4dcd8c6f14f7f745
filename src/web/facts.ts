/** What of a request says for whom it is, as it was sent. */
export interface RequestFacts {
  readonly method: string
  /** Path and query, not decoded. */
  readonly target: string
  /** Each value that the header was sent with; its name in lower case. */
  readonly header: (name: string) => readonly string[]
  /** The address of the other end of the connection, where the framework tells it. */
  readonly peer: string | undefined
}

/** The request of Node's own server, by what is needed of it; Express and Fastify hand it on. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express: `url` without what was cut off where a router is mounted. */
  readonly originalUrl?: string | undefined
  readonly rawHeaders: readonly string[]
  readonly socket?: { readonly remoteAddress?: string | undefined } | null
}

/** A Request of the Fetch standard, by what is needed of it. */
export interface FetchRequest {
  readonly method: string
  readonly url: string
  readonly headers: { readonly get: (name: string) => string | null }
}

// Not `headers`: there Node has already dropped the second Host.
export function factsOfNode(request: NodeRequest): RequestFacts {
  const { rawHeaders } = request
  return {
    method: request.method ?? 'GET',
    target: request.originalUrl ?? request.url ?? '/',
    header: (name) => rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === name),
    peer: request.socket?.remoteAddress,
  }
}

/** Here several values of one header have been joined by commas, and the path has been tidied: so does the handler see them. */
export function factsOfFetch(request: FetchRequest, peer?: string): RequestFacts {
  const { host, pathname, search } = new URL(request.url)
  return {
    method: request.method,
    target: pathname + search,
    header: (name) => {
      // Those of HTTP/2 that are no headers are in the address already.
      if (name.startsWith(':')) return []
      const value = request.headers.get(name) ?? (name === 'host' ? host : null)
      return value === null ? [] : [value]
    },
    peer,
  }
}
