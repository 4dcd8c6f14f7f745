/** A filter of a list, as its chip shows it. */
export type Filter =
  | { readonly name: string; readonly label: string; readonly kind: 'choice'; readonly choices: readonly string[]; readonly open?: boolean }
  | { readonly name: string; readonly label: string; readonly kind: 'text'; readonly hint?: string }
  | { readonly name: string; readonly label: string; readonly kind: 'switch' }

/** What the address says, by filter. Whatever it says of others is left alone. */
export type FilterValues = Readonly<Record<string, string | true>>

const LONGEST = 2_000

/** The filters that the address names, each as its list takes it; what is no value of theirs is left out. */
export function readFilters(filters: readonly Filter[], search: Readonly<Record<string, unknown>>): FilterValues {
  const found: Record<string, string | true> = {}
  for (const filter of filters) {
    const value = search[filter.name]
    if (filter.kind === 'switch') {
      if (value === true || value === 'true') found[filter.name] = true
    } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const text = String(value).slice(0, LONGEST)
      if (text !== '' && (filter.kind === 'text' || filter.open === true || filter.choices.includes(text))) found[filter.name] = text
    }
  }
  return found
}

/** The same for the address. Filters that are not held are taken away. */
export const writeFilters = (filters: readonly Filter[], values: FilterValues): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(filters.map(({ name }) => [name, values[name] === undefined ? undefined : String(values[name])]))

/** The same filters with one set, or (undefined) taken away. */
export function withFilter(values: FilterValues, name: string, value: string | true | undefined): FilterValues {
  const { [name]: _, ...rest } = values
  return value === undefined || value === '' ? rest : { ...rest, [name]: value }
}

/** As text that can be kept and read again: `state=active&behind=true`, in the order of names. */
export const writeQuery = (values: Readonly<Record<string, string | true | undefined>>): string =>
  new URLSearchParams(
    Object.entries(values)
      .filter((one): one is [string, string | true] => one[1] !== undefined)
      .map(([name, value]): [string, string] => [name, String(value)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ).toString()

export const readQuery = (query: string): Readonly<Record<string, string>> => Object.fromEntries(new URLSearchParams(query))
