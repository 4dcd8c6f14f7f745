import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { Button } from './button.js'
import { Copy } from './copy.js'
import { Dialog } from './dialog.js'

export interface SecretProps {
  readonly title: string
  /** What it is for, and who is to have it. */
  readonly says: ReactNode
  readonly secret: string
  readonly onClose: () => void
}

/** A secret that was answered once, and that nobody can be told again: it is nowhere but in this dialog, which goes when somebody says that they have it. */
export function Secret({ title, says, secret, onClose }: SecretProps): ReactElement {
  const copy = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    // Not on the button that closes it: whoever presses Enter twice would never see it. The attribute is for a dialog that opens anew.
    copy.current?.setAttribute('autofocus', '')
    copy.current?.focus()
  }, [])
  return (
    <Dialog onClose={onClose} stays title={title}>
      <div className="flex flex-col gap-4">
        <div className="text-soft">{says}</div>
        <div className="flex items-start gap-1 rounded-md border border-edge bg-hover py-1 pr-1 pl-2">
          <code aria-label="The secret" className="min-w-0 flex-1 self-center font-mono text-xs break-all" role="note">
            {secret}
          </code>
          <Copy label="Copy the secret" ref={copy} text={secret} />
        </div>
        <p className="text-warn">Keep it now: it is not shown again.</p>
        <div className="flex justify-end">
          <Button look="main" onClick={onClose}>
            I have kept it
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
