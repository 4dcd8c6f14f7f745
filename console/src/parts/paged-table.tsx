import type { ReactElement, ReactNode } from 'react'
import type { Pages } from '../data/read.js'
import { Trouble } from './empty.js'
import { Loading } from './pending.js'
import { Refused } from './refusal.js'
import { Table, type TableProps } from './table.js'

// How high a list may be that shares its screen with others; what has more rows scrolls by itself.
const HEIGHTS = { low: 'max-h-72', half: 'max-h-[50vh]', most: 'max-h-[60vh]' } as const

export interface PagedTableProps<Row> extends Omit<TableProps<Row>, 'rows' | 'more' | 'stale' | 'empty'> {
  /** Asked page after page, as one reaches the end of what is there. */
  readonly list: Pages<Row>
  /** Default: all that there is of its screen. */
  readonly height?: keyof typeof HEIGHTS
  /** What stands in place of rows, once it is known that there are none. */
  readonly empty?: ReactNode
}

const Waits = (): ReactElement => (
  <div className="p-4">
    <Loading />
  </div>
)

/** A list of the API as a table, and above it what has gone wrong while looking; rows that were read stay. */
export function PagedTable<Row>({ list, height, empty, ...rest }: PagedTableProps<Row>): ReactElement {
  if (list.refused !== undefined) return <Refused why={list.refused} />
  const table = (
    <Table
      {...rest}
      empty={list.loading ? <Waits /> : list.fault !== undefined ? null : empty}
      more={list.hasMore ? { loading: list.loadingMore, ask: list.more } : undefined}
      rows={list.rows}
      stale={list.previous}
    />
  )
  return (
    <>
      {list.fault === undefined ? null : <Trouble again={list.again} error={list.fault} />}
      {height === undefined ? table : <div className={`flex flex-col ${HEIGHTS[height]}`}>{table}</div>}
    </>
  )
}
