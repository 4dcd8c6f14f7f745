import { type ReactElement, useMemo, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { Button } from '../../parts/button.js'
import { copyText } from '../../parts/copy.js'
import { csvOf } from '../../parts/csv.js'
import { Dialog } from '../../parts/dialog.js'
import { download } from '../../parts/download.js'
import { Empty } from '../../parts/empty.js'
import { JsonView } from '../../parts/json-view.js'
import { countOf } from '../../parts/number-words.js'
import { type Column, Table } from '../../parts/table.js'

export type Answered = OutputOf<'tenant.sql'>

interface Row {
  readonly at: number
  readonly of: Answered['data'][number]
}

const NUMBERS = new Set(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'oid'])
const CHANGES = new Set(['insert', 'update', 'delete', 'merge'])

/** `3 rows`, `the first 100 rows; there are more`, `update: 2 rows`. */
export function saysOf({ command, data, count, more }: Answered): string {
  if (more) return `the first ${countOf(data.length, 'row')}; there are more`
  return CHANGES.has(command) ? `${command}: ${count === null ? 'done' : countOf(count, 'row')}` : countOf(data.length, 'row')
}

/** What a statement has answered. Values are text, whatever is in them. */
export function Rows({ answer }: { readonly answer: Answered }): ReactElement {
  const { columns, data, tenant } = answer
  const [shown, setShown] = useState<Row>()
  const rows = useMemo(() => data.map((of, at): Row => ({ at, of })), [data])
  const head = columns.map(({ name }) => name)
  const cells = (): readonly (readonly unknown[])[] => data.map((row) => head.map((name) => row[name]))
  const file = `${tenant}-rows`
  return (
    <section aria-label="Result" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <p className="mr-auto" role="status">
          <span className={answer.more ? 'font-medium text-warn' : 'font-medium'}>{saysOf(answer)}</span>{' '}
          <span className="text-soft">in {answer.milliseconds} ms</span>
        </p>
        {data.length === 0 ? null : (
          <>
            <CopyRows text={() => csvOf(head, cells(), '\t')} />
            <Button icon="download" onClick={() => download(`${file}.csv`, csvOf(head, cells()), 'text/csv')}>
              CSV
            </Button>
            <Button icon="download" onClick={() => download(`${file}.json`, JSON.stringify(data, undefined, 2), 'application/json')}>
              JSON
            </Button>
          </>
        )}
      </div>
      {columns.length === 0 ? null : (
        <div className="flex max-h-[60vh] min-h-24 flex-col">
          <Table
            columns={columns.map((column) => columnOf(column))}
            empty={<Empty icon="search" says="The statement was run, and has answered nothing." title="No rows" />}
            keyOf={({ at }) => String(at)}
            label="Rows"
            nameOf={({ at }) => `row ${at + 1}`}
            onOpen={setShown}
            rows={rows}
          />
        </div>
      )}
      {shown === undefined ? null : (
        <Dialog onClose={() => setShown(undefined)} title={`Row ${shown.at + 1}`} wide>
          <JsonView label={`Row ${shown.at + 1} as JSON`} value={shown.of} />
        </Dialog>
      )}
    </section>
  )
}

const columnOf = ({ name, type }: Answered['columns'][number]): Column<Row> => ({
  id: name,
  head: name,
  ...(NUMBERS.has(type) ? { align: 'right' as const } : {}),
  cell: ({ of }) => {
    const value = of[name]
    if (value === null || value === undefined) return <span className="text-soft">null</span>
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return <span title={text.length > 40 ? text : undefined}>{text}</span>
  },
})

function CopyRows({ text }: { readonly text: () => string }): ReactElement {
  const [came, setCame] = useState<boolean>()
  return (
    <Button icon={came === true ? 'check' : 'copy'} onClick={async () => setCame(await copyText(text()))}>
      {came === undefined ? 'Copy' : came ? 'Copied' : 'The browser lets nothing be copied here'}
    </Button>
  )
}
