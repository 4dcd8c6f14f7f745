import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { isUnderWay } from '../words/operation-words.js'
import { Icon } from './icon.js'
import { Took } from './moment.js'

type Operation = Pick<OutputOf<'operation.show'>, 'steps' | 'state' | 'waitsFor'>

/** What an operation has done, step by step, and what it is at. */
export function StepList({ operation: { steps, state, waitsFor } }: { readonly operation: Operation }): ReactElement {
  const working = isUnderWay(state)
  return (
    <ol className="flex flex-col gap-1.5">
      {steps.map((step) => (
        <li className="flex items-center gap-2" key={step.position}>
          <Icon className={step.state === 'done' ? 'text-good' : 'text-soft'} name={step.state === 'done' ? 'check' : 'back'} />
          {step.name}
          {step.state === 'done' ? null : <span className="text-soft">taken back</span>}
          <span className="ml-auto text-soft">
            <Took from={step.startedAt} to={step.endedAt} />
          </span>
        </li>
      ))}
      {working || state === 'paused' ? (
        <li className="flex items-center gap-2 text-soft">
          <span aria-hidden="true" className="grid size-4 place-items-center">
            <span className={`size-2 rounded-full ${working ? 'animate-pulse bg-accent' : 'bg-warn'}`} />
          </span>
          {state === 'paused'
            ? 'Standing still'
            : waitsFor !== null
              ? `Waiting for ${waitsFor}`
              : state === 'undoing'
                ? 'Taking back …'
                : 'Working …'}
        </li>
      ) : null}
    </ol>
  )
}
