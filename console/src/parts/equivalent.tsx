import { type ReactElement, useId, useState } from 'react'
import { DECLARATIONS, type InputOf } from 'tenantry/api'
import { equivalentOf } from '../data/equivalent.js'
import type { OperationName } from '../data/names.js'
import { Copy } from './copy.js'
import { Icon } from './icon.js'

/** Lines to copy, one at a time: what each is for, and its text. */
export function Equivalent({ lines }: { readonly lines: readonly (readonly [name: string, line: string])[] }): ReactElement {
  const [at, setAt] = useState(0)
  const group = useId()
  const [, line] = lines[at] ?? lines[0]!
  return (
    <div className="flex w-full min-w-0 items-start gap-1 rounded-md border border-line bg-hover py-1 pr-1 pl-2 text-left">
      {lines.length === 1 ? (
        <Icon className="mt-1.5 text-soft" name="terminal" size={14} />
      ) : (
        <fieldset className="flex shrink-0 gap-0.5">
          <legend className="sr-only">The same as</legend>
          {lines.map(([name], index) => (
            <label
              className={`rounded px-1.5 py-1 text-xs font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent ${index === at ? 'bg-card text-ink' : 'text-soft hover:text-ink'}`}
              key={name}
            >
              <input checked={index === at} className="sr-only" name={group} onChange={() => setAt(index)} type="radio" />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <code className="min-w-0 flex-1 self-center whitespace-pre-wrap break-all font-mono text-xs">{line}</code>
      <Copy label="Copy the line" text={line} />
    </div>
  )
}

export interface EquivalentOfProps<Name extends OperationName> {
  readonly name: Name
  readonly input: InputOf<Name>
}

/** How the same is done at a terminal, and over HTTP. */
export function EquivalentOf<Name extends OperationName>({ name, input }: EquivalentOfProps<Name>): ReactElement {
  if (DECLARATIONS[name].onlySession === true)
    return <p className="text-xs text-soft">This is for people who are signed in: there is no command for it, and no API key may.</p>
  const { cli, curl } = equivalentOf(name, input, { origin: location.origin })
  return (
    <Equivalent
      lines={[
        ['CLI', cli],
        ['curl', curl],
      ]}
    />
  )
}
