import { type KeyboardEvent, type ReactElement, type ReactNode, useId, useRef } from 'react'

export interface Tab {
  readonly id: string
  readonly label: string
  /** How many there are, where that is worth knowing before it is opened. */
  readonly count?: number | undefined
}

export interface TabsProps {
  readonly label: string
  readonly tabs: readonly Tab[]
  readonly at: string
  readonly onGo: (id: string) => void
  readonly children: ReactNode
}

/** Tabs over one panel. Left and right go from one to the next, as everywhere. */
export function Tabs({ label, tabs, at, onGo, children }: TabsProps): ReactElement {
  const [id, list] = [useId(), useRef<HTMLDivElement>(null)]
  const onKeyDown = (event: KeyboardEvent) => {
    const index = tabs.findIndex((tab) => tab.id === at)
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const next = tabs[to % tabs.length]!
    onGo(next.id)
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus()
  }
  return (
    <>
      <div aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line" onKeyDown={onKeyDown} ref={list} role="tablist">
        {tabs.map((tab) => (
          <button
            aria-controls={`${id}-panel`}
            aria-selected={tab.id === at}
            className="-mb-px flex items-center gap-1.5 whitespace-nowrap border-b-2 border-transparent px-2 py-2 font-medium text-soft -outline-offset-2 hover:text-ink aria-selected:border-accent aria-selected:text-ink"
            data-tab={tab.id}
            id={`${id}-${tab.id}`}
            key={tab.id}
            onClick={() => onGo(tab.id)}
            role="tab"
            tabIndex={tab.id === at ? 0 : -1}
            type="button"
          >
            {tab.label}
            {tab.count === undefined ? null : <span className="rounded bg-hover px-1 text-xs text-soft">{tab.count}</span>}
          </button>
        ))}
      </div>
      <div aria-labelledby={`${id}-${at}`} id={`${id}-panel`} role="tabpanel">
        {children}
      </div>
    </>
  )
}
