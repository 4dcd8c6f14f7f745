import { type ReactElement, type Ref, useEffect, useState } from 'react'
import { IconButton } from './button.js'

const SHOWN_MS = 1_500

/** Puts a text on the clipboard. Pages without TLS have no clipboard of their own: there the browser's old way is taken. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.setAttribute('aria-hidden', 'true')
    area.style.position = 'fixed'
    area.style.opacity = '0'
    // In a modal dialog nothing outside of it can be selected.
    const around = document.querySelector('dialog[open]') ?? document.body
    around.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    return copied
  }
}

export interface CopyProps {
  readonly text: string
  readonly label?: string
  readonly ref?: Ref<HTMLButtonElement>
}

export function Copy({ text, label = 'Copy', ref }: CopyProps): ReactElement {
  const [came, setCame] = useState<boolean>()
  useEffect(() => {
    if (came === undefined) return
    const timer = setTimeout(() => setCame(undefined), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [came])
  const says = came === undefined ? label : came ? 'Copied' : 'The browser lets nothing be copied here'
  return (
    <>
      <IconButton
        icon={came === undefined ? 'copy' : came ? 'check' : 'alert'}
        label={says}
        onClick={async () => setCame(await copyText(text))}
        {...(ref === undefined ? {} : { ref })}
      />
      <span className="sr-only" role="status">
        {came === undefined ? '' : says}
      </span>
    </>
  )
}
