import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react'
import { Button } from './button.js'
import { Dialog } from './dialog.js'
import { FIELD } from './fields.js'

export interface ConfirmProps {
  readonly title: string
  /** What will happen, and what will not. */
  readonly says: ReactNode
  /** What the button does, as a verb. */
  readonly verb: string
  /** Has to be typed in before, exactly. */
  readonly types?: string | undefined
  readonly danger?: boolean
  readonly busy?: boolean
  /** More of it: fields, the same at a terminal, what has gone wrong. */
  readonly children?: ReactNode
  /** It cannot be done as it stands. */
  readonly refused?: string | undefined
  /** While it goes on it cannot be left: its answer is told once. */
  readonly waits?: boolean
  readonly onGo: () => void
  readonly onClose: () => void
}

/** Asks before something is done. What cannot be undone wants its name typed in. */
export function Confirm({
  title,
  says,
  verb,
  types,
  danger = false,
  busy = false,
  children,
  refused,
  waits = false,
  onGo,
  onClose,
}: ConfirmProps): ReactElement {
  const [typed, setTyped] = useState('')
  const held = waits && busy
  // Natively disabled it would be out of reach of the keyboard, and the reason with it.
  const why = refused ?? (busy ? 'It is under way' : types === undefined || typed === types ? undefined : `Type ${types} before`)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (why === undefined) onGo()
  }
  return (
    <Dialog onClose={onClose} stays={held} title={title}>
      <form className="flex flex-col gap-4" noValidate onSubmit={submit}>
        <div className="text-soft">{says}</div>
        {children}
        {types === undefined ? null : (
          <label className="flex flex-col gap-1">
            <span>
              Type <strong className="font-mono font-semibold break-all">{types}</strong> to go on
            </span>
            <input
              autoComplete="off"
              className={`h-8 font-mono ${FIELD}`}
              onChange={(event) => setTyped(event.target.value)}
              spellCheck={false}
              value={typed}
            />
          </label>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose} refused={held ? 'Its answer is told once: wait for it' : undefined}>
            Cancel
          </Button>
          <Button look={danger ? 'danger' : 'main'} refused={why} type="submit">
            {busy ? 'Working …' : verb}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
