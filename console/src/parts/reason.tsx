import { type ReactElement, type RefObject, useRef } from 'react'

export interface ReasonHandlers {
  readonly onPointerEnter: () => void
  readonly onPointerLeave: () => void
  readonly onFocus: () => void
  readonly onBlur: () => void
  readonly onKeyUp: (event: { readonly key: string }) => void
}

/** Shows a text beside something for as long as the pointer or the focus is on it: the browser's own popover, above everything, also in dialogs and menus. */
export function useReason(anchor: RefObject<HTMLElement | null>): {
  readonly panel: RefObject<HTMLSpanElement | null>
  readonly handlers: ReasonHandlers
} {
  const panel = useRef<HTMLSpanElement>(null)
  const show = () => {
    const [shown, box] = [panel.current, anchor.current?.getBoundingClientRect()]
    if (shown === null || box === undefined || shown.matches(':popover-open')) return
    shown.showPopover()
    shown.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - shown.offsetWidth - 8))}px`
    const below = box.bottom + 4
    shown.style.top = `${below + shown.offsetHeight > window.innerHeight - 8 ? Math.max(8, box.top - shown.offsetHeight - 4) : below}px`
  }
  const hide = () => {
    if (panel.current?.matches(':popover-open') === true) panel.current.hidePopover()
  }
  return {
    panel,
    handlers: {
      onPointerEnter: show,
      onPointerLeave: hide,
      onFocus: show,
      onBlur: hide,
      onKeyUp: ({ key }) => {
        if (key === 'Escape') hide()
      },
    },
  }
}

export const Reason = ({
  id,
  panel,
  children,
}: {
  readonly id: string
  readonly panel: RefObject<HTMLSpanElement | null>
  readonly children: string
}): ReactElement => (
  <span
    className="pointer-events-none inset-auto m-0 max-w-72 rounded-md border border-line bg-raised px-2 py-1 text-left text-xs whitespace-normal text-ink shadow-xl"
    id={id}
    popover="manual"
    ref={panel}
    role="tooltip"
  >
    {children}
  </span>
)
