// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows are walked and chosen is a grid
import { type KeyboardEvent, type ReactElement, type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { gridDeed, nextSort, sortKey } from './grid-keys.js'
import { Icon } from './icon.js'
import { type Stretch, windowOf } from './window-of.js'

export interface Column<Row> {
  readonly id: string
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** The order that a click on its head asks the server for. */
  readonly sort?: string
  readonly align?: 'right'
  /** In CSS, where it should not go by what is in it. */
  readonly width?: string
}

export interface Selection {
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (chosen: ReadonlySet<string>) => void
}

export interface TableProps<Row> {
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** What a row is called, for its checkbox. */
  readonly nameOf: (row: Row) => string
  readonly sort?: string | undefined
  readonly onSort?: (sort: string) => void
  readonly selection?: Selection | undefined
  readonly onOpen?: ((row: Row) => void) | undefined
  /** What `/` goes to. */
  readonly onSearch?: (() => void) | undefined
  /** What is shown is on its way to something else. */
  readonly stale?: boolean
  /** The next page is on its way, or may be asked for by reaching the end. */
  readonly more?: { readonly loading: boolean; readonly ask: () => void } | undefined
  /** What stands in place of rows when there are none. */
  readonly empty?: ReactNode
}

/** The row in focus, and where it stood when it came there. */
interface Held {
  readonly at: number
  readonly key: string
}

/** Where it stands now. Once it is gone, the keys go on from its place; what is done to a row is done to none then. */
function placeOf<Row>(
  held: Held | undefined,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): { readonly at: number | undefined; readonly gone: boolean } {
  if (held === undefined || rows.length === 0) return { at: undefined, gone: false }
  const there = rows[held.at]
  if (there !== undefined && keyOf(there) === held.key) return { at: held.at, gone: false }
  const at = rows.findIndex((row) => keyOf(row) === held.key)
  return at >= 0 ? { at, gone: false } : { at: Math.min(held.at, rows.length - 1), gone: true }
}

// Rows are all as high as this, so that a list of ten thousand needs only those in sight.
const ROW_PX = 34
const OVER = 12
const NEAR_END = 20

/**
 * A list of rows that the server sorts and pages. One stop for Tab: within it the arrows or j and k go from row to row, x chooses, Enter opens. These keys
 * work wherever the focus is, save in fields and dialogs.
 */
export function Table<Row>(props: TableProps<Row>): ReactElement {
  const { label, columns, rows, keyOf, nameOf, sort, onSort, selection, onOpen, onSearch, stale = false, more, empty } = props
  const [current, setCurrent] = useState<Held>()
  const [scrolled, setScrolled] = useState({ top: 0, height: 0 })
  const [frame, focusing] = [useRef<HTMLDivElement>(null), useRef(false)]
  // Rows come and go above the one in focus: it is known by what it is, not by where it stood.
  const { at, gone } = placeOf(current, rows, keyOf)
  const { sight, all } = windowOf({ ...scrolled, rows: rows.length, rowPx: ROW_PX, over: OVER, keep: at })

  // biome-ignore lint/correctness/useExhaustiveDependencies: the frame stays the same
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const look = () => setScrolled({ top: element.scrollTop, height: element.clientHeight })
    const watching = new ResizeObserver(look)
    watching.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      watching.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])

  const nearEnd = more !== undefined && !more.loading && sight.to >= rows.length - NEAR_END && rows.length > 0
  const ask = more?.ask
  useEffect(() => {
    if (nearEnd) ask?.()
  }, [nearEnd, ask])

  useEffect(() => {
    if (!focusing.current || at === undefined) return
    const row = frame.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)
    focusing.current = false
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  })

  const toggle = useCallback(
    (row: Row, all?: boolean) => {
      if (selection === undefined) return
      const [chosen, key] = [new Set(selection.chosen), keyOf(row)]
      if (all ?? !chosen.has(key)) chosen.add(key)
      else chosen.delete(key)
      selection.onChoose(chosen)
    },
    [selection, keyOf],
  )

  const press = (event: globalThis.KeyboardEvent | KeyboardEvent): void => {
    const deed = gridDeed(event, at, rows.length)
    if (deed === undefined) return
    if ('search' in deed) {
      if (onSearch === undefined) return
      event.preventDefault()
      onSearch()
    } else if ('clear' in deed) {
      if (selection !== undefined && selection.chosen.size > 0) selection.onChoose(new Set())
    } else {
      event.preventDefault()
      if ('go' in deed) {
        focusing.current = true
        setCurrent({ at: deed.go, key: keyOf(rows[deed.go]!) })
      } else if (gone) return
      else if ('toggle' in deed) toggle(rows[deed.toggle]!)
      else onOpen?.(rows[deed.open]!)
    }
  }
  const pressed = useRef(press)
  pressed.current = press
  // biome-ignore lint/correctness/useExhaustiveDependencies: the frame stays the same
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.defaultPrevented || isElsewhere(event.target, frame.current)) return
      pressed.current(event)
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])

  const chosenHere = selection === undefined ? 0 : rows.filter((row) => selection.chosen.has(keyOf(row))).length
  const stop = at ?? Math.max(sight.from, Math.min(sight.to - 1, Math.ceil(scrolled.top / ROW_PX)))
  const span = columns.length + (selection === undefined ? 0 : 1)
  return (
    <div className="min-h-0 flex-1 overflow-auto rounded-lg border border-line bg-card" ref={frame}>
      <table
        aria-busy={stale}
        aria-label={label}
        aria-multiselectable={selection !== undefined}
        aria-rowcount={more === undefined ? rows.length + 1 : -1}
        className={`w-full border-separate border-spacing-0 text-[13px] tabular-nums transition-opacity ${stale ? 'opacity-60' : ''}`}
        role="grid"
      >
        <thead className="sticky top-0 z-10 bg-card">
          <tr aria-rowindex={1}>
            {selection === undefined ? null : (
              <th className="w-9 border-b border-line px-3 py-1.5 text-left" scope="col">
                <input
                  aria-label="Choose all that are shown"
                  checked={rows.length > 0 && chosenHere === rows.length}
                  className="block size-3.5 accent-accent"
                  onChange={(event) => selection.onChoose(new Set(event.target.checked ? rows.map(keyOf) : []))}
                  ref={(box) => {
                    if (box !== null) box.indeterminate = chosenHere > 0 && chosenHere < rows.length
                  }}
                  type="checkbox"
                />
              </th>
            )}
            {columns.map((column) => (
              <Head column={column} key={column.id} onSort={onSort} sort={sort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {/* One array, so that a row stays the same element, and keeps the focus, wherever the window goes. */}
          {placesOf(all, rows.length).map((place) => {
            if (typeof place !== 'number') return <Space key={`space ${place.of}`} rows={place.rows} span={span} />
            const row = rows[place]!
            const key = keyOf(row)
            const chosen = selection?.chosen.has(key) ?? false
            return (
              <tr
                aria-rowindex={place + 2}
                aria-selected={selection === undefined ? undefined : chosen}
                className={`group scroll-mt-9 -outline-offset-2 hover:bg-hover aria-selected:bg-accent-wash ${onOpen === undefined ? '' : 'cursor-pointer'}`}
                data-at={place}
                key={`row ${key}`}
                onClick={(event) => {
                  if (event.target instanceof Element && event.target.closest('a, button, input, label') !== null) return
                  if (globalThis.getSelection()?.isCollapsed === false) return
                  onOpen?.(row)
                }}
                onFocus={() => setCurrent({ at: place, key })}
                style={{ height: ROW_PX }}
                tabIndex={place === stop ? 0 : -1}
              >
                {selection === undefined ? null : (
                  <td className="border-b border-line px-3">
                    <input
                      aria-label={`Choose ${nameOf(row)}`}
                      checked={chosen}
                      className="block size-3.5 accent-accent"
                      onChange={(event) => toggle(row, event.target.checked)}
                      tabIndex={-1}
                      type="checkbox"
                    />
                  </td>
                )}
                {columns.map((column) => (
                  <td
                    className={`max-w-72 truncate border-b border-line px-3 ${column.align === 'right' ? 'text-right' : ''}`}
                    key={column.id}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
      {rows.length === 0 ? empty : null}
      {more?.loading === true ? <p className="px-3 py-2 text-soft">Loading more …</p> : null}
    </div>
  )
}

function Head<Row>({
  column,
  sort,
  onSort,
}: {
  readonly column: Column<Row>
  readonly sort: string | undefined
  readonly onSort: ((sort: string) => void) | undefined
}): ReactElement {
  const { head, sort: key, align, width } = column
  const sorted = key !== undefined && sort !== undefined && sortKey(sort) === key
  const down = sorted && sort.startsWith('-')
  return (
    <th
      aria-sort={sorted ? (down ? 'descending' : 'ascending') : undefined}
      className={`border-b border-line px-3 py-1.5 font-medium whitespace-nowrap text-soft ${align === 'right' ? 'text-right' : 'text-left'}`}
      scope="col"
      style={width === undefined ? undefined : { width }}
    >
      {key === undefined || onSort === undefined ? (
        head
      ) : (
        <button
          className="inline-flex items-center gap-1 rounded hover:text-ink"
          onClick={() => onSort(nextSort(sort ?? '', key))}
          type="button"
        >
          {head}
          <Icon className={sorted ? (down ? 'rotate-180 text-accent' : 'text-accent') : 'opacity-0'} name="sorted" size={12} />
        </button>
      )}
    </th>
  )
}

/** As high as the rows that are out of sight. */
const Space = ({ rows, span }: { readonly rows: number; readonly span: number }): ReactElement => (
  <tr style={{ height: rows * ROW_PX }}>
    <td colSpan={span} />
  </tr>
)

/** The places of the rows that are there, and how many are not between them. */
function placesOf(stretches: readonly Stretch[], count: number): readonly (number | { readonly of: number; readonly rows: number })[] {
  const places: (number | { readonly of: number; readonly rows: number })[] = []
  let next = 0
  for (const [of, { from, to }] of [...stretches, { from: count, to: count }].entries()) {
    if (from > next) places.push({ of, rows: from - next })
    for (let place = from; place < to; place++) places.push(place)
    next = to
  }
  return places
}

/** Somebody is typing, or in a dialog or a menu or another list, or on a button that takes Enter and Space itself. */
function isElsewhere(target: EventTarget | null, frame: HTMLElement | null): boolean {
  if (document.querySelector('dialog[open], [popover]:popover-open') !== null) return true
  if (!(target instanceof Element)) return false
  const grid = target.closest('[role="grid"]')
  return (
    (grid !== null && frame?.contains(grid) === false) ||
    target.closest('input:not([type="checkbox"]), textarea, select, button, a, summary, [role="tab"], [contenteditable="true"]') !== null
  )
}
