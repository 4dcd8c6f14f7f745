import { type ReactNode, useLayoutEffect, useRef } from 'react'

/** The browser's own dialog: it holds the focus, Escape closes it, and the focus goes back to where it came from. */
export function Modal({
  name,
  onClose,
  children,
}: {
  readonly name: string
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  // While it is still in the page: only then does closing give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what the click beside it does
    <dialog
      ref={dialog}
      aria-label={name}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className="mx-auto mt-[12vh] w-[36rem] max-w-[calc(100vw-2rem)] rounded-lg border border-line bg-raised p-0 text-ink shadow-2xl"
    >
      {children}
    </dialog>
  )
}
