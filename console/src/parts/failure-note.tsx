import type { ReactElement, ReactNode } from 'react'
import { Icon } from './icon.js'

export interface Failed {
  readonly code: string
  readonly cause: string
  readonly remedy: string
  readonly issues: readonly string[]
}

/** What went wrong, and what to do next, in the words of the fault. */
export const FailureNote = ({
  failure: { code, cause, remedy, issues },
  children,
}: {
  readonly failure: Failed
  readonly children?: ReactNode
}): ReactElement => (
  <div className="flex items-start gap-2 rounded-md bg-bad-wash p-3 text-bad" role="alert">
    <Icon className="mt-0.5" name="alert" />
    <div className="flex min-w-0 flex-1 flex-col items-start gap-1 break-words">
      <p className="font-medium">
        {code === 'PRECONDITION_FAILED' ? 'It was changed since this page has shown it, and nothing was done.' : cause}
      </p>
      {issues.length < 2 ? null : (
        <ul className="list-disc pl-4">
          {issues.map((issue) => (
            <li key={issue}>{issue}</li>
          ))}
        </ul>
      )}
      <p className="text-ink">To go on: {code === 'PRECONDITION_FAILED' ? 'look at what it is now, and decide anew' : remedy}</p>
      <code className="font-mono text-xs">{code}</code>
      {children}
    </div>
  </div>
)
