import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { Icon } from '../parts/icon.js'
import { type Choice, useChoices } from './palette-choices.js'
import { Sheet } from './sheet.js'

/** Leads to screens, to what can be done on the one that is shown and elsewhere, and to tenants, clusters, people and operations by a part of their names. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const list = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const choices = useChoices(text.trim())
  const current = choices[Math.min(at, choices.length - 1)]
  const go = (choice: Choice | undefined): void => {
    if (choice === undefined || choice.refused !== undefined) return
    onClose()
    choice.go()
  }
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setAt((Math.min(at, choices.length - 1) + step + choices.length) % Math.max(1, choices.length))
    else if (event.key === 'Enter') go(current)
    else return
    event.preventDefault()
  }
  return (
    <Sheet name="Go to, find" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Where to"
        aria-expanded="true"
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={current === undefined ? undefined : `${list}-${current.id}`}
        placeholder="A screen, an action, or what something is called"
        autoComplete="off"
        spellCheck={false}
        value={text}
        maxLength={100}
        onChange={({ target }) => {
          setText(target.value)
          setAt(0)
        }}
        onKeyDown={onKey}
        className="w-full border-b border-line bg-transparent px-4 py-3 text-base outline-none"
      />
      <div id={list} role="listbox" aria-label="Places" className="max-h-80 overflow-y-auto p-2">
        {choices.map((choice) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above, which keeps the focus
          <div
            key={choice.id}
            id={`${list}-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-disabled={choice.refused !== undefined}
            aria-selected={choice === current}
            onClick={() => go(choice)}
            className="flex cursor-pointer justify-between gap-4 rounded px-3 py-1.5 hover:bg-hover aria-disabled:cursor-not-allowed aria-selected:bg-accent-wash"
          >
            <span className="min-w-24 truncate">{choice.name}</span>
            <span className="inline-flex min-w-0 items-center gap-1 text-soft">
              {choice.refused === undefined ? null : <Icon name="lock" size={14} />}
              <span className="truncate">{choice.refused ?? choice.note}</span>
            </span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="px-5 pb-4 text-soft">Nothing is called like that.</p>}
    </Sheet>
  )
}
