import { keepPreviousData, type QueryKey, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { type Answer, type ApiFault, type InputOf, isApiFault, type OutputOf, type PagedName, type RowOf } from 'tenantry/api'
import { api } from './client.js'
import { BY_HAND } from './fresh.js'
import { keyOf } from './keys.js'
import { useMay } from './may.js'
import type { OperationName } from './names.js'

export interface ReadOptions {
  /** Nothing is asked while this is false. */
  readonly enabled?: boolean | undefined
  /** Asked anew so often, in milliseconds: for what no event tells of, such as how far an operation is. */
  readonly every?: number | undefined
  /** While an answer to another input is asked for, that of the input before is shown. Default true. */
  readonly keep?: boolean | undefined
  /**
   * Nothing but `again` asks anew, and nobody finds the answer when they come back: asking is audited, or costs much, or what is answered is soon good for
   * nothing. Default false.
   */
  readonly byHand?: boolean | undefined
}

/** How an answer stands: one may be there and a newer one have failed. */
export interface Standing {
  readonly fault: ApiFault | undefined
  /** Why whoever is signed in may not see it: the API is not asked. */
  readonly refused: string | undefined
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
  const { enabled = true, every = false, keep = true, byHand = false } = options
  const refused = useMay(name, input as Given)
  const found = useQuery({
    queryKey: keyOf(name, input) as QueryKey,
    queryFn: ({ signal }) => asked(name, input, signal),
    enabled: enabled && refused === undefined,
    refetchInterval: every,
    ...(byHand ? { meta: BY_HAND, gcTime: 0, staleTime: Number.POSITIVE_INFINITY } : keep ? { placeholderData: keepPreviousData } : {}),
  })
  return {
    output: found.data?.output,
    etag: found.data?.etag,
    asking: found.isFetching,
    answeredAt: found.data === undefined ? undefined : found.dataUpdatedAt,
    fault: faultOf(found.error),
    refused,
    loading: found.data === undefined && found.error === null && refused === undefined,
    previous: found.isPlaceholderData,
    again: () => void found.refetch(),
  }
}

export interface Answered<Output> {
  readonly output: Output | undefined
  readonly fault: ApiFault | undefined
  readonly again: () => void
}

/** What the same operation answers to several inputs, each kept as by `useRead`. */
export function useReads<Name extends OperationName>(name: Name, inputs: readonly InputOf<Name>[]): readonly Answered<OutputOf<Name>>[] {
  const refused = useMay(name)
  const found = useQueries({
    queries: inputs.map((input) => ({
      queryKey: keyOf(name, input) as QueryKey,
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => asked(name, input, signal),
      enabled: refused === undefined,
    })),
  })
  return found.map(({ data, error, refetch }) => ({ output: data?.output, fault: faultOf(error), again: () => void refetch() }))
}

export interface Pages<Row> extends Standing {
  readonly rows: readonly Row[]
  readonly hasMore: boolean
  readonly loadingMore: boolean
  readonly more: () => void
}

/** The rows of a list, page after page: `more` asks for the next one. */
export function usePages<Name extends PagedName>(
  name: Name,
  input: InputOf<Name>,
  options: Omit<ReadOptions, 'byHand'> = {},
): Pages<RowOf<Name>> {
  const { enabled = true, every = false, keep = true } = options
  const refused = useMay(name, input as Given)
  const found = useInfiniteQuery({
    queryKey: [...keyOf(name, input), 'pages'] as QueryKey,
    queryFn: async ({ signal, pageParam }) => {
      const { output } = await asked(name, { ...input, ...(pageParam === null ? {} : { cursor: pageParam }) } as InputOf<Name>, signal)
      return output as unknown as { readonly data: readonly RowOf<Name>[]; readonly nextCursor: string | null }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled: enabled && refused === undefined,
    refetchInterval: every,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  })
  const rows = useMemo(() => found.data?.pages.flatMap((page) => page.data) ?? [], [found.data])
  return {
    rows,
    fault: faultOf(found.error),
    refused,
    loading: found.data === undefined && found.error === null && refused === undefined,
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

type Given = Readonly<Record<string, unknown>>

const faultOf = (error: unknown): ApiFault | undefined => (isApiFault(error) ? error : undefined)
