import { type ReactElement, useMemo } from 'react'
import { Copy } from './copy.js'
import { jsonTokens, type Token } from './json-tokens.js'

const COLOURS: Readonly<Record<Token['kind'], string>> = {
  name: 'text-accent',
  text: 'text-good',
  number: 'text-warn',
  word: 'text-warn',
  mark: 'text-soft',
}

/** An object as the API has answered it. */
export function JsonView({ value, label = 'JSON' }: { readonly value: unknown; readonly label?: string }): ReactElement {
  const tokens = useMemo(() => jsonTokens(value), [value])
  return (
    <div className="relative rounded-lg border border-line bg-card">
      <div className="absolute top-1 right-1">
        <Copy label={`Copy ${label}`} text={JSON.stringify(value, undefined, 2) ?? 'null'} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by the keyboard */}
      <section aria-label={label} className="max-h-[70vh] overflow-auto p-3 pr-10" tabIndex={0}>
        <pre className="font-mono text-xs leading-5">
          {tokens.map(({ kind, text }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: tokens have nothing but their place
            <span className={COLOURS[kind]} key={index}>
              {text}
            </span>
          ))}
        </pre>
      </section>
    </div>
  )
}

/** The same, until somebody asks for it behind a fold. */
export const JsonFold = ({ value, label }: { readonly value: unknown; readonly label: string }): ReactElement => (
  <details>
    <summary className="cursor-pointer text-soft">JSON</summary>
    <JsonView label={label} value={value} />
  </details>
)
