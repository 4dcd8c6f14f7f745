import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'

/** What stands behind the `?`: texts alone. A filter is there so that a link to a screen, a reload and the way back keep it. */
export type Search = Readonly<Record<string, string>>

export const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text))

export const stringifySearch = (search: Readonly<Record<string, unknown>>): string => {
  const given = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
  const text = new URLSearchParams(given).toString()
  return text === '' ? '' : `?${text}`
}

/** Part of the path: `$tenant` of `/tenants/$tenant`. */
export const useParam = (name: string): string => (useParams({ strict: false }) as Readonly<Record<string, string>>)[name] ?? ''

export interface Address<Filter> {
  /** What the reader makes of the address; whatever is wrong in it, it leaves out. */
  readonly filter: Filter
  readonly search: Search
  /** Changes some of it; undefined or '' takes one out. Filters that are typed replace, so that the way back leads to the screen before. */
  readonly set: (changes: Readonly<Record<string, string | undefined>>, options?: { readonly replace?: boolean }) => void
}

/** The filter of a screen, kept in its address. `read` must be a function that stays the same. */
export function useAddress<Filter>(read: (search: Search) => Filter): Address<Filter> {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const filter = useMemo(() => read(search), [search, read])
  const set = useCallback<Address<Filter>['set']>(
    (changes, { replace = false } = {}) => {
      const next = (before: Search): Record<string, string> =>
        Object.fromEntries(
          Object.entries({ ...before, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
        )
      void navigate({ to: '.', search: next as never, replace })
    },
    [navigate],
  )
  return { filter, search, set }
}

export interface Place {
  readonly params?: Search
  readonly search?: Search
  readonly replace?: boolean
}

/** Goes to a screen, by its path with its `$name`s. As with `To`, the router knows no types of screens. */
export function useGo(): (to: string, place?: Place) => void {
  const navigate = useNavigate()
  return useCallback(
    (to, { params = {}, search = {}, replace = false } = {}) =>
      void navigate({ to: to as never, params: params as never, search: search as never, replace }),
    [navigate],
  )
}
