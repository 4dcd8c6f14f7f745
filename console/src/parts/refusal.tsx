import type { ReactElement, ReactNode } from 'react'
import { useMay } from '../data/may.js'
import type { OperationName } from '../data/names.js'
import { Icon } from './icon.js'

/** A part of a screen that takes a role to be seen: whoever has another is told so in its place, and the API is not asked in vain. */
export function Refusal({ name, children }: { readonly name: OperationName; readonly children: ReactNode }): ReactElement {
  const why = useMay(name)
  return why === undefined ? <>{children}</> : <Refused why={why} />
}

/** In place of what takes another role. */
export const Refused = ({ why }: { readonly why: string }): ReactElement => (
  <p className="flex items-center gap-2 rounded-lg border border-line bg-card p-4 text-soft" role="note">
    <Icon name="lock" />
    {why}.
  </p>
)
