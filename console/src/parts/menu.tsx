import { type ReactElement, type ReactNode, useId, useRef, useState } from 'react'
import { Button, type ButtonProps } from './button.js'

export interface MenuProps {
  readonly label: ReactNode
  /** What it is called where its label is an icon. */
  readonly name?: string
  readonly button?: Omit<ButtonProps, 'onClick' | 'children'>
  readonly side?: 'left' | 'right'
  /** What it holds, once it is open; `close` puts it away. */
  readonly children: (close: () => void) => ReactNode
}

/** A button with a panel below it: the browser's own popover, which closes by Escape and by a click elsewhere, and lies above everything. */
export function Menu({ label, name, button, side = 'left', children }: MenuProps): ReactElement {
  const [open, setOpen] = useState(false)
  const [panel, anchor, id] = [useRef<HTMLDivElement>(null), useRef<HTMLButtonElement>(null), useId()]
  const place = () => {
    const [shown, box] = [panel.current, anchor.current?.getBoundingClientRect()]
    if (shown === null || box === undefined) return
    const left = side === 'left' ? box.left : box.right - shown.offsetWidth
    shown.style.left = `${Math.max(8, Math.min(left, window.innerWidth - shown.offsetWidth - 8))}px`
    const below = box.bottom + 4
    shown.style.top = `${below + shown.offsetHeight > window.innerHeight - 8 ? Math.max(8, box.top - shown.offsetHeight - 4) : below}px`
  }
  const close = () => {
    panel.current?.hidePopover()
    anchor.current?.focus()
  }
  return (
    <>
      <Button
        {...button}
        aria-controls={id}
        aria-expanded={open}
        aria-label={name}
        onClick={() => panel.current?.togglePopover()}
        ref={anchor}
      >
        {label}
      </Button>
      <div
        className="inset-auto m-0 max-h-[70vh] min-w-44 max-w-80 overflow-auto rounded-lg border border-line bg-raised p-1 shadow-xl"
        id={id}
        onToggle={(event) => {
          const opened = event.newState === 'open'
          setOpen(opened)
          if (opened) requestAnimationFrame(place)
        }}
        popover="auto"
        ref={panel}
      >
        {open ? children(close) : null}
      </div>
    </>
  )
}

/** A line of a menu. */
export const MenuLine = ({
  look = 'plain',
  children,
  ...rest
}: Omit<ButtonProps, 'look'> & { readonly look?: 'plain' | 'danger' }): ReactElement => (
  <Button {...rest} className={`w-full justify-start ${look === 'danger' ? 'text-bad hover:text-bad' : 'text-ink'}`} look="bare">
    {children}
  </Button>
)
