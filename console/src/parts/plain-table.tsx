import type { ReactElement, ReactNode } from 'react'

export interface PlainTableProps {
  readonly label: string
  /** With a `>` in front a column stands to the right, as numbers do. */
  readonly heads: readonly string[]
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[]
}

/** A few rows that are read, not walked through. */
export const PlainTable = ({ label, heads, rows }: PlainTableProps): ReactElement => {
  const right = (at: number): string => (heads[at]?.startsWith('>') ? 'text-right' : 'text-left')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard
    <section aria-label={label} className="overflow-x-auto" tabIndex={0}>
      <table aria-label={label} className="w-full text-[13px] tabular-nums">
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th className={`px-2 py-1 font-medium whitespace-nowrap text-soft first:pl-0 last:pr-0 ${right(at)}`} key={head} scope="col">
                {head.replace(/^>/, '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, at) => (
                <td className={`border-t border-line px-2 py-1.5 align-top first:pl-0 last:pr-0 ${right(at)}`} key={heads[at] ?? at}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
