import type { ReactElement, ReactNode } from 'react'
import { Equivalent } from './equivalent.js'
import { Icon, type IconName } from './icon.js'

export interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  readonly says?: ReactNode
  /** The next step: a button or a link. */
  readonly step?: ReactNode
  /** The same at a terminal. */
  readonly command?: string
}

/** Nothing is here, and what to do about that. */
export const Empty = ({ icon, title, says, step, command }: EmptyProps): ReactElement => (
  <div className="mx-auto flex max-w-lg flex-col items-center gap-3 px-6 py-14 text-center">
    <span className="grid size-10 place-items-center rounded-full bg-hover text-soft">
      <Icon name={icon} size={18} />
    </span>
    <div className="text-base font-semibold">{title}</div>
    {says === undefined ? null : <p className="text-soft">{says}</p>}
    {step}
    {command === undefined ? null : <Equivalent lines={[['Terminal', command]]} />}
  </div>
)

/** Something has gone wrong while looking: what, and what to do next, in the words of the fault. */
export function Trouble({ error, again }: { readonly error: unknown; readonly again?: (() => void) | undefined }): ReactElement {
  const { code, cause, remedy } = (error ?? {}) as { readonly code?: string; readonly cause?: unknown; readonly remedy?: string }
  return (
    <div className="m-4 flex items-start gap-3 rounded-lg border border-line bg-card p-4" role="alert">
      <Icon className="mt-0.5 text-bad" name="alert" />
      <div className="min-w-0 flex-1 break-words">
        <p className="font-medium">{typeof cause === 'string' ? cause : String(error)}</p>
        {remedy === undefined ? null : <p className="text-soft">To go on: {remedy}</p>}
        {code === undefined ? null : <p className="mt-1 font-mono text-xs text-soft">{code}</p>}
      </div>
      {again === undefined ? null : (
        <button className="font-medium text-accent hover:underline" onClick={again} type="button">
          Try again
        </button>
      )}
    </div>
  )
}
