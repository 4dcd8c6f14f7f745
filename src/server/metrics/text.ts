/** One value of a family, with what tells it from the others. */
export interface Point {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All values of one name, as the text format of Prometheus has them (version 0.0.4). */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter' | 'histogram' | 'summary'
  /** Of a histogram and a summary by the part of the name that follows: `_bucket`, `_sum`, `_count`. */
  readonly points: readonly (Point & { readonly part?: '_bucket' | '_sum' | '_count' })[]
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')

const labelled = (labels: Point['labels']): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** A family without a value is left out: a scrape says nothing of what is not known. */
export const renderFamilies = (families: readonly Family[]): string =>
  families
    .filter(({ points }) => points.length > 0)
    .map(({ name, help, type, points }) =>
      [
        `# HELP ${name} ${escapeHelp(help)}`,
        `# TYPE ${name} ${type}`,
        ...points.map(({ part = '', labels, value }) => `${name}${part}${labelled(labels)} ${value}`),
        '',
      ].join('\n'),
    )
    .join('')
