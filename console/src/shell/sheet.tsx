import type { ReactElement, ReactNode } from 'react'
import { Modal } from '../parts/modal.js'

/** A dialog in which nothing is asked that could be lost: a press beside it closes it. */
export const Sheet = ({
  name,
  onClose,
  children,
}: {
  readonly name: string
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactElement => (
  <Modal className="mx-auto mt-[12vh] w-[36rem] max-w-[calc(100vw-2rem)] rounded-lg" label={name} light onClose={onClose}>
    {children}
  </Modal>
)
