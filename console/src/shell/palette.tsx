import { useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { useRead } from '../data/read.js'
import { SCREENS } from '../screens.js'
import { Modal } from './modal.js'

interface Choice {
  readonly id: string
  readonly name: string
  readonly note: string
  readonly to: string
  readonly params?: Readonly<Record<string, string>>
}

const MOST_TENANTS = 8
const TENANT = '/tenants/$tenant'

/** Leads to every screen, and to every tenant by a part of its slug or name. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const router = useRouter()
  const list = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const choices = useChoices(text.trim())
  const current = choices[Math.min(at, choices.length - 1)]
  const go = (choice: Choice | undefined): void => {
    if (choice === undefined) return
    onClose()
    void router.navigate({ to: choice.to, params: (choice.params ?? {}) as never })
  }
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setAt((Math.min(at, choices.length - 1) + step + choices.length) % Math.max(1, choices.length))
    else if (event.key === 'Enter') go(current)
    else return
    event.preventDefault()
  }
  return (
    <Modal name="Go to, find" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Where to"
        aria-expanded="true"
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={current === undefined ? undefined : `${list}-${current.id}`}
        placeholder="A screen, or a tenant"
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
            aria-selected={choice === current}
            onClick={() => go(choice)}
            className="flex cursor-pointer justify-between gap-4 rounded px-3 py-1.5 hover:bg-hover aria-selected:bg-accent-wash"
          >
            <span className="truncate">{choice.name}</span>
            <span className="shrink-0 text-soft">{choice.note}</span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="px-5 pb-4 text-soft">Nothing is called like that.</p>}
    </Modal>
  )
}

function useChoices(text: string): readonly Choice[] {
  const asks = text.length >= 2 && SCREENS.some(({ path }) => path === TENANT)
  const { output } = useRead('tenant.list', { search: text, limit: MOST_TENANTS }, { enabled: asks })
  const screens = SCREENS.filter(({ path, name }) => !path.includes('$') && name.toLowerCase().includes(text.toLowerCase()))
  return [
    ...screens.map(({ path, name }): Choice => ({ id: `screen-${path}`, name, note: 'screen', to: path })),
    ...(asks ? (output?.data ?? []) : []).map(
      ({ id, slug, state }): Choice => ({ id, name: slug, note: state, to: TENANT, params: { tenant: slug } }),
    ),
  ]
}
