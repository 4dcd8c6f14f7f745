import { useBlocker } from '@tanstack/react-router'
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'

export interface ModalProps {
  /** What it is called, or the id of the heading that says so. */
  readonly label?: string
  readonly heading?: string
  readonly className: string
  readonly onClose: () => void
  /** Neither Escape nor the way back nor a link close it: what is in it decides when it goes. Leaving the page altogether, the browser asks about. */
  readonly stays?: boolean
  /** A press beside it closes it: nothing is lost by that. */
  readonly light?: boolean
  readonly children: ReactNode
}

/** The browser's own modal dialog: it keeps the focus, gives it back, and Escape closes it. It is there while it is rendered. */
export function Modal({ label, heading, className, onClose, stays = false, light = false, children }: ModalProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  useBlocker({ shouldBlockFn: () => true, enableBeforeUnload: true, disabled: !stays })
  useEffect(() => {
    const shown = dialog.current
    const before = document.activeElement
    shown?.showModal()
    return () => {
      shown?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      aria-label={label}
      aria-labelledby={heading}
      className={`border border-line bg-raised p-0 text-ink shadow-2xl ${className}`}
      onCancel={(event) => {
        event.preventDefault()
        if (!stays) onClose()
      }}
      onClose={() => {
        if (dialog.current?.open !== false) return
        // A second Escape closes it whatever is said to the first.
        if (stays) dialog.current.showModal()
        else onClose()
      }}
      // A click is also what ends beside it and was begun within, such as the marking of a text.
      onPointerDown={(event) => {
        if (light && event.target === dialog.current) onClose()
      }}
      ref={dialog}
    >
      {children}
    </dialog>
  )
}
