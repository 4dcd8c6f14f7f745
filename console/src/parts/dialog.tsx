import { type ReactElement, type ReactNode, useEffect, useId, useRef } from 'react'
import { IconButton } from './button.js'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly wide?: boolean
  /** Neither Escape nor a cross close it: what is in it decides when it goes. */
  readonly stays?: boolean
}

/** The browser's own modal dialog: it keeps the focus, gives it back, and Escape closes it. It is there while it is rendered. */
export function Dialog({ title, onClose, children, wide = false, stays = false }: DialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
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
      aria-labelledby={heading}
      className={`m-auto max-h-[85vh] w-[calc(100vw-2rem)] overflow-auto rounded-xl border border-line bg-raised p-0 shadow-2xl ${wide ? 'max-w-2xl' : 'max-w-md'}`}
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
      ref={dialog}
    >
      <div className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
        <h2 className="min-w-0 truncate text-sm font-semibold" id={heading}>
          {title}
        </h2>
        {stays ? null : <IconButton icon="close" label="Close" onClick={onClose} />}
      </div>
      <div className="p-4">{children}</div>
    </dialog>
  )
}
