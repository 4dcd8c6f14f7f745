/** Where the next page of a list is: the same address with another cursor. Nothing on the last page, and for what is no list. */
export function linkOf(request: Request, output: unknown): Readonly<Record<string, string>> {
  const { nextCursor } = (output ?? {}) as { readonly nextCursor?: unknown }
  if (typeof nextCursor !== 'string' || (request.method !== 'GET' && request.method !== 'HEAD')) return {}
  const { pathname, searchParams } = new URL(request.url)
  searchParams.set('cursor', nextCursor)
  return { Link: `<${pathname}?${searchParams}>; rel="next"` }
}
