import { type ReactElement, type Ref, useEffect, useRef, useState } from 'react'
import { FIELD } from './fields.js'
import { Icon } from './icon.js'

const PAUSE_MS = 200

export interface SearchFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
  readonly inputRef?: Ref<HTMLInputElement>
}

/** Searches while it is typed in, a moment after the last letter; Enter at once, Escape nothing. */
export function SearchField({ label, value, onChange, inputRef }: SearchFieldProps): ReactElement {
  const [text, setText] = useState(value)
  const [seen, setSeen] = useState(value)
  const sent = useRef(value)
  // The address has changed in another way than by this field, such as by the way back.
  if (value !== seen) {
    setSeen(value)
    if (value !== sent.current) setText(value)
    sent.current = value
  }
  const tell = (next: string) => {
    if (next === sent.current) return
    sent.current = next
    onChange(next)
  }
  const telling = useRef(tell)
  telling.current = tell
  useEffect(() => {
    const timer = setTimeout(() => telling.current(text), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className="relative">
      <Icon className="pointer-events-none absolute top-1.5 left-2 text-soft" name="search" />
      <input
        aria-label={label}
        autoComplete="off"
        className={`h-7 w-56 pl-7 ${FIELD}`}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') tell(text)
          if (event.key !== 'Escape') return
          if (text === '') event.currentTarget.blur()
          setText('')
          tell('')
        }}
        placeholder="Search  /"
        ref={inputRef}
        spellCheck={false}
        type="search"
        value={text}
      />
    </div>
  )
}
