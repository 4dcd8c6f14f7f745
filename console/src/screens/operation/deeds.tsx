import type { ReactElement } from 'react'
import type { OutputOf } from 'tenantry/api'
import { Deed } from '../../parts/deed.js'
import { useGo } from '../../shell/address.js'

export type Detail = OutputOf<'operation.show'>

export type Asked = { readonly deed: 'cancel' | 'pause' | 'resume' | 'retry' } | { readonly deed: 'skip'; readonly item: string }

/** Why it cannot be asked for as it stands; undefined where it can. The server decides; this is for what need not be offered. */
export function refusedOf({ state, abandoned, items, fault }: Detail): Readonly<Record<Asked['deed'], string | undefined>> {
  const worked = items.total > 0
  const partial = fault?.code === 'FLEET_PARTIAL'
  const unless = (may: boolean, why: string): string | undefined => (may ? undefined : why)
  return {
    cancel: unless(state === 'running' || state === 'paused', `It is ${state}`),
    pause: unless(state === 'running' && worked, state === 'running' ? 'It works through no items' : `It is ${state}`),
    resume: unless(state === 'paused' || abandoned, `It is ${state}`),
    retry: unless(['failed', 'cancelled', 'paused'].includes(state) || abandoned, `It is ${state}`),
    skip: unless(worked && (state === 'paused' || (state === 'failed' && partial)), `It is ${state}`),
  }
}

/** What is asked of an operation, with what will come of it. */
export function OperationDeed({
  operation,
  asked,
  onClose,
}: {
  readonly operation: Detail
  readonly asked: Asked
  readonly onClose: () => void
}): ReactElement {
  const navigate = useGo()
  const { id, name, state, items } = operation
  const fixed = { operation: id }
  switch (asked.deed) {
    case 'cancel':
      return (
        <Deed
          ask={[]}
          danger
          fixed={fixed}
          name="operation.cancel"
          onClose={onClose}
          says={
            state === 'paused' || items.total > 0
              ? 'What it has done stays. What is waiting is not begun.'
              : 'It stops at its next step, and what it did is taken back.'
          }
          title={`Cancel ${name}`}
          verb="Cancel the operation"
        />
      )
    case 'pause':
      return (
        <Deed
          ask={['reason']}
          fixed={fixed}
          name="operation.pause"
          onClose={onClose}
          says="It stands still before its next item, until somebody goes on with it."
          title={`Pause ${name}`}
          verb="Pause"
        />
      )
    case 'resume':
      return (
        <Deed
          ask={[]}
          fixed={{ ...fixed, background: true }}
          name="operation.resume"
          onClose={onClose}
          says="It goes on with what is waiting; what has failed stays as it is."
          title={`Resume ${name}`}
          verb="Resume"
        />
      )
    case 'retry':
      return (
        <Deed
          ask={[]}
          fixed={{ ...fixed, background: true }}
          name="operation.retry"
          onClose={onClose}
          // What had to begin anew is another operation.
          onDone={({ operation: next }) => {
            if (next !== id) navigate('/operations/$operation', { params: { operation: next } })
          }}
          says={
            items.failedCount > 0
              ? 'What has failed is taken up again; what is done is not done twice.'
              : 'It is done again, from where that makes sense.'
          }
          title={`Retry ${name}`}
          verb="Retry"
        />
      )
    case 'skip':
      return (
        <Deed
          ask={['reason']}
          fixed={{ ...fixed, item: asked.item }}
          name="operation.skip"
          onClose={onClose}
          says={`${asked.item} is left out of it.`}
          title="Leave one out"
          verb="Leave it out"
        />
      )
  }
}
