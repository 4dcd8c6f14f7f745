import { type ReactElement, type ReactNode, useId } from 'react'
import { IconButton } from './button.js'
import { Modal } from './modal.js'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly wide?: boolean
  /** It is left by what is in it alone. */
  readonly stays?: boolean
}

/** A modal dialog with a title, and a cross where it may be left. */
export function Dialog({ title, onClose, children, wide = false, stays = false }: DialogProps): ReactElement {
  const heading = useId()
  return (
    <Modal
      className={`m-auto max-h-[85vh] w-[calc(100vw-2rem)] overflow-auto rounded-xl ${wide ? 'max-w-2xl' : 'max-w-md'}`}
      heading={heading}
      onClose={onClose}
      stays={stays}
    >
      <div className="flex items-center justify-between border-b border-line py-2 pr-2 pl-4">
        <h2 className="min-w-0 truncate text-sm font-semibold" id={heading}>
          {title}
        </h2>
        {stays ? null : <IconButton icon="close" label="Close" onClick={onClose} />}
      </div>
      <div className="p-4">{children}</div>
    </Modal>
  )
}
