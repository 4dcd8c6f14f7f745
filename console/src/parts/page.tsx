import { type ReactElement, type ReactNode, type Ref, useEffect, useRef } from 'react'
import { IconButton } from './button.js'
import { focusBack } from './focus-back.js'

export interface PageHeadProps {
  readonly title: ReactNode
  /** Beside the title: a state, a count. */
  readonly beside?: ReactNode
  readonly says?: ReactNode
  /** What can be done here. */
  readonly actions?: ReactNode
}

/** The head of a screen. */
export const PageHead = ({ title, beside, says, actions }: PageHeadProps): ReactElement => (
  <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 pb-3">
    <div className="min-w-0">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="min-w-0 text-lg font-semibold tracking-tight break-all">{title}</h1>
        {beside}
      </div>
      {says === undefined ? null : <p className="text-soft">{says}</p>}
    </div>
    {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
  </header>
)

export interface PanelProps {
  readonly title: string
  readonly actions?: ReactNode
  readonly danger?: boolean
  /** Its heading. */
  readonly heading?: Ref<HTMLHeadingElement>
  readonly children: ReactNode
}

/** A screen that is as high as the window, in which a list scrolls by itself. */
export const ListPage = ({ children }: { readonly children: ReactNode }): ReactElement => (
  <div className="flex h-[85dvh] min-h-96 flex-col gap-2 md:h-[calc(100dvh-3rem)]">{children}</div>
)

/** A part of a screen under a heading of its own. */
export const Panel = ({ title, actions, danger = false, heading, children }: PanelProps): ReactElement => (
  <section className={`min-w-0 rounded-lg border bg-card ${danger ? 'border-bad' : 'border-line'}`}>
    <div className="flex min-h-10 items-center justify-between gap-2 border-b border-line px-3 py-1.5">
      <h2 className="font-semibold" ref={heading} {...(heading === undefined ? {} : { tabIndex: -1 })}>
        {title}
      </h2>
      {actions}
    </div>
    <div className="p-3">{children}</div>
  </section>
)

export interface DetailPanelProps extends Omit<PanelProps, 'heading' | 'danger'> {
  /** What its cross is called: `Close the backup`. */
  readonly closes: string
  readonly onClose: () => void
}

/** What was opened from a list: whoever opens it is led to it, and back to the row when it closes. */
export function DetailPanel({ closes, onClose, actions, ...rest }: DetailPanelProps): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const before = document.activeElement
    // Not out of what somebody has begun meanwhile.
    if (before?.closest('input, textarea, select, dialog') == null) heading.current?.focus()
    return () => {
      if (document.activeElement === null || document.activeElement === document.body) focusBack(before)
    }
  }, [])
  return (
    <Panel
      {...rest}
      actions={
        <span className="flex flex-wrap gap-2">
          {actions}
          <IconButton icon="close" label={closes} onClick={onClose} />
        </span>
      }
      heading={heading}
    />
  )
}

/** Names and what they stand for, in two columns. What is undefined is left out. */
export const Facts = ({ of }: { readonly of: readonly (readonly [name: string, value: ReactNode])[] }): ReactElement => (
  <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-4 gap-y-1.5 tabular-nums">
    {of
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => (
        <div className="contents" key={name}>
          <dt className="text-soft">{name}</dt>
          <dd className="min-w-0 break-words">{value ?? <span className="text-soft">–</span>}</dd>
        </div>
      ))}
  </dl>
)
