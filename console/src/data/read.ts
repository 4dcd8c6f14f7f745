import { keepPreviousData, QueryClient, type QueryKey, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { type Answer, type ApiFault, type InputOf, isApiFault, type OutputOf, type PagedName, type RowOf } from 'tenantry/api'
import { api } from './client.js'
import { type QueryKey as AnswerKey, isTouched, keyOf, type Touch } from './keys.js'
import type { OperationName } from './names.js'

/** All answers that are shown. A lost connection is made anew by the client of the API; what it gives up is not tried again. */
export const answers = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always', refetchOnWindowFocus: false, gcTime: 5 * 60_000 } },
})

// The server gives one look at the whole fleet to all who ask within a second: what it says at once may be of before.
const SHARED_MS = 1_200

/** Asks anew whatever these have touched, if it is shown; and otherwise when it is shown again. */
export function refresh(touches: readonly Touch[]): void {
  const touched = ({ queryKey }: { readonly queryKey: QueryKey }): boolean =>
    touches.some((touch) => isTouched(queryKey as unknown as AnswerKey, touch))
  void answers.invalidateQueries({ predicate: touched })
  setTimeout(() => {
    void answers.invalidateQueries({ predicate: (query) => String(query.queryKey[0]).startsWith('fleet.') && touched(query) })
  }, SHARED_MS)
}

export interface ReadOptions {
  /** Nothing is asked while this is false. */
  readonly enabled?: boolean | undefined
  /** Asked anew so often, in milliseconds: for what no event tells of, such as how far an operation is. */
  readonly every?: number | undefined
  /** While an answer to another input is asked for, that of the input before is shown. Default true. */
  readonly keep?: boolean | undefined
}

/** How an answer stands: one may be there and a newer one have failed. */
export interface Standing {
  readonly fault: ApiFault | undefined
  /** There is nothing to show yet. */
  readonly loading: boolean
  /** What is shown answers the input before. */
  readonly previous: boolean
  readonly again: () => void
}

export interface Read<Output> extends Standing {
  readonly output: Output | undefined
  /** The version of what is shown, for `ifMatch` of a change. */
  readonly etag: string | undefined
  /** It is asked at this moment, for the first time or anew. */
  readonly asking: boolean
  /** When what is shown was answered, in milliseconds since 1970. */
  readonly answeredAt: number | undefined
}

/** What an operation that only looks answers, kept fresh by events. Screens never ask in another way. */
export function useRead<Name extends OperationName>(name: Name, input: InputOf<Name>, options: ReadOptions = {}): Read<OutputOf<Name>> {
  const { enabled = true, every = false, keep = true } = options
  const found = useQuery({
    queryKey: keyOf(name, input) as QueryKey,
    queryFn: ({ signal }) => asked(name, input, signal),
    enabled,
    refetchInterval: every,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  })
  return {
    output: found.data?.output,
    etag: found.data?.etag,
    asking: found.isFetching,
    answeredAt: found.data === undefined ? undefined : found.dataUpdatedAt,
    fault: faultOf(found.error),
    loading: found.data === undefined && found.error === null,
    previous: found.isPlaceholderData,
    again: () => void found.refetch(),
  }
}

/** What the same operation answers to several inputs, each kept as by `useRead`; undefined while one is on its way, and where it cannot be had. */
export function useReads<Name extends OperationName>(
  name: Name,
  inputs: readonly InputOf<Name>[],
): readonly (OutputOf<Name> | undefined)[] {
  const found = useQueries({
    queries: inputs.map((input) => ({
      queryKey: keyOf(name, input) as QueryKey,
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => asked(name, input, signal),
    })),
  })
  return found.map(({ data }) => data?.output)
}

export interface Pages<Row> extends Standing {
  readonly rows: readonly Row[]
  readonly hasMore: boolean
  readonly loadingMore: boolean
  readonly more: () => void
}

/** The rows of a list, page after page: `more` asks for the next one. */
export function usePages<Name extends PagedName>(name: Name, input: InputOf<Name>, options: ReadOptions = {}): Pages<RowOf<Name>> {
  const { enabled = true, every = false, keep = true } = options
  const found = useInfiniteQuery({
    queryKey: [...keyOf(name, input), 'pages'] as QueryKey,
    queryFn: async ({ signal, pageParam }) => {
      const { output } = await asked(name, { ...input, ...(pageParam === null ? {} : { cursor: pageParam }) } as InputOf<Name>, signal)
      return output as unknown as { readonly data: readonly RowOf<Name>[]; readonly nextCursor: string | null }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled,
    refetchInterval: every,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  })
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.data) ?? [], [found.data])
  return {
    rows,
    fault: faultOf(found.error),
    loading: found.data === undefined && found.error === null,
    previous: found.isPlaceholderData,
    again: () => void found.refetch(),
    hasMore: found.hasNextPage,
    loadingMore: found.isFetchingNextPage,
    more: () => {
      if (found.hasNextPage && !found.isFetchingNextPage) void found.fetchNextPage()
    },
  }
}

// With `detach` in reach, the one signature that takes an input whatever its name is.
const asked = <Name extends OperationName>(name: Name, input: InputOf<Name>, signal: AbortSignal): Promise<Answer<OutputOf<Name>>> =>
  (api.run as (name: Name, input: InputOf<Name>, options: { readonly signal: AbortSignal }) => Promise<Answer<OutputOf<Name>>>)(
    name,
    input,
    { signal },
  )

const faultOf = (error: unknown): ApiFault | undefined => (isApiFault(error) ? error : undefined)
