import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react'
import { Button, IconButton } from './button.js'
import { type Filter, type FilterValues, withFilter } from './filters.js'
import { Menu, MenuLine } from './menu.js'

export interface ChipsProps {
  readonly filters: readonly Filter[]
  readonly values: FilterValues
  readonly onChange: (values: FilterValues) => void
}

const dashed = (text: string): string => text.replaceAll('_', '-')

/** The filters that hold, each as a chip that can be changed or taken away, and a way to add others. */
export function Chips({ filters, values, onChange }: ChipsProps): ReactElement {
  const [held, free] = [filters.filter(({ name }) => name in values), filters.filter(({ name }) => !(name in values))]
  const place = useRef<HTMLDivElement>(null)
  const changed = useRef(false)
  const change = (next: FilterValues) => {
    changed.current = true
    onChange(next)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever other ones hold
  useEffect(() => {
    // What was pressed may have gone with its chip.
    if (!changed.current) return
    changed.current = false
    if (document.activeElement === null || document.activeElement === document.body)
      [...(place.current?.querySelectorAll<HTMLElement>('[aria-expanded]') ?? [])].at(-1)?.focus()
  }, [values])
  return (
    <div className="contents" ref={place}>
      {held.map((filter) => {
        const value = values[filter.name]!
        return (
          <span className="inline-flex items-center rounded-md bg-accent-wash text-accent" key={filter.name}>
            {filter.kind === 'switch' ? (
              <span className="px-2 font-medium">{filter.label}</span>
            ) : (
              <Menu
                button={{ look: 'bare', className: 'text-accent hover:text-accent' }}
                label={
                  <span className="max-w-60 truncate">
                    {filter.label}: {dashed(String(value))}
                  </span>
                }
              >
                {(close) => (
                  <Values
                    filter={filter}
                    onPick={(picked) => {
                      close()
                      change(withFilter(values, filter.name, picked))
                    }}
                    value={String(value)}
                  />
                )}
              </Menu>
            )}
            <IconButton
              className="text-accent hover:text-accent"
              icon="close"
              label={`Take away the filter ${filter.label}`}
              onClick={() => change(withFilter(values, filter.name, undefined))}
            />
          </span>
        )
      })}
      {free.length === 0 ? null : (
        <Menu button={{ icon: 'filter' }} label="Filter">
          {(close) => (
            <Adding
              filters={free}
              onPick={(name, picked) => {
                close()
                change(withFilter(values, name, picked))
              }}
            />
          )}
        </Menu>
      )}
      {held.length < 2 ? null : (
        <Button look="bare" onClick={() => change({})}>
          Clear all
        </Button>
      )}
    </div>
  )
}

function Adding({
  filters,
  onPick,
}: {
  readonly filters: readonly Filter[]
  readonly onPick: (name: string, value: string | true | undefined) => void
}): ReactElement {
  const [chosen, setChosen] = useState<Filter>()
  if (chosen !== undefined) return <Values filter={chosen} onPick={(picked) => onPick(chosen.name, picked)} value="" />
  return (
    <>
      {filters.map((filter) => (
        <MenuLine key={filter.name} onClick={() => (filter.kind === 'switch' ? onPick(filter.name, true) : setChosen(filter))}>
          {filter.label}
        </MenuLine>
      ))}
    </>
  )
}

function Values({
  filter,
  value,
  onPick,
}: {
  readonly filter: Filter
  readonly value: string
  readonly onPick: (value: string | undefined) => void
}): ReactElement {
  const [text, setText] = useState(value)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onPick(text.trim())
  }
  const choices = filter.kind === 'choice' ? filter.choices : []
  return (
    <>
      {choices.map((choice) => (
        <MenuLine
          aria-pressed={choice === value}
          key={choice}
          {...(choice === value ? { icon: 'check' as const } : {})}
          onClick={() => onPick(choice)}
        >
          {dashed(choice)}
        </MenuLine>
      ))}
      {filter.kind === 'choice' && filter.open !== true ? null : (
        <form className="flex gap-1 p-1" onSubmit={submit}>
          <input
            aria-label={filter.label}
            // biome-ignore lint/a11y/noAutofocus: it was asked for by the click that opened it
            autoFocus
            className="h-7 w-44 rounded-md border border-edge bg-card px-2"
            onChange={(event) => setText(event.target.value)}
            placeholder={filter.kind === 'text' ? filter.hint : undefined}
            value={text}
          />
          <Button look="main" type="submit">
            Apply
          </Button>
        </form>
      )}
    </>
  )
}
