import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { useChange } from '../data/run.js'
import { look, useWho } from '../data/session.js'
import { Button } from '../parts/button.js'
import { Dialog } from '../parts/dialog.js'
import { useLeft } from '../parts/left.js'

/** Says for as long as this session has another role than the person. */
export function GlassBanner(): ReactNode {
  const broken = useWho()?.session?.breakGlass
  const close = useChange('breakglass.close')
  if (broken === undefined || broken === null) return undefined
  const giveBack = async (): Promise<void> => {
    await close.run({}, { title: 'Have my own role again' })
    await look()
  }
  return (
    <section
      aria-label="Broken glass"
      className="flex flex-wrap items-baseline gap-x-3 border-b border-line bg-bad-wash px-4 py-1.5 text-bad"
    >
      <p className="min-w-0 flex-1 break-words">
        You are <strong>{broken.role}</strong> until <time dateTime={broken.until}>{broken.until.slice(11, 16)} UTC</time>: {broken.reason}
      </p>
      <button type="button" disabled={close.running} onClick={() => void giveBack()} className="underline">
        Give it back
      </button>
    </section>
  )
}

const TIMES = ['30min', '1h', '2h', '4h'] as const

/** The field that the dialog opens with. */
const FIRST = (field: HTMLElement | null): void => field?.setAttribute('autofocus', '')

/** Asks for the reason that everybody will see. */
export function BreakGlass({ role, onClose }: { readonly role: string; readonly onClose: () => void }): ReactNode {
  const open = useChange('breakglass.open')
  const left = useLeft()
  const [reason, setReason] = useState('')
  const ids = [useId(), useId()]
  const ask = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    if (open.running) return
    const span = String(new FormData(event.currentTarget).get('for'))
    const outcome = await open.run({ reason, for: span }, { title: `Be ${role} for ${span}` })
    if (!outcome.ok) return
    if (!left.current) onClose()
    await look()
  }
  return (
    <Dialog title={`Be ${role} for a while`} onClose={onClose}>
      <form onSubmit={(event) => void ask(event)} className="grid gap-3">
        <p className="text-soft">
          In this session alone. Your name and your reason stand in the audit and in the events, for everybody who may read them.
        </p>
        <label htmlFor={ids[0]}>What it is for</label>
        <textarea
          id={ids[0]}
          ref={FIRST}
          required
          minLength={10}
          maxLength={200}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
          className="rounded border border-edge bg-card px-2 py-1.5"
        />
        <label htmlFor={ids[1]}>For how long</label>
        <select id={ids[1]} name="for" defaultValue="1h" className="justify-self-start rounded border border-edge bg-card px-2 py-1">
          {TIMES.map((time) => (
            <option key={time}>{time}</option>
          ))}
        </select>
        {open.failure !== undefined && (
          <p role="alert" className="text-bad">
            {open.failure.issues[0] ?? open.failure.cause}. {open.failure.remedy}.
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" refused={open.running ? 'It is under way' : undefined} type="submit">
            Break glass
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
