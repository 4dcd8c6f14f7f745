import { type ReactElement, useState } from 'react'
import type { OutputOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { FailureNote } from '../../parts/failure-note.js'
import { Took } from '../../parts/moment.js'
import { Panel } from '../../parts/page.js'
import { Pending } from '../../parts/pending.js'
import { StepList } from '../../parts/step-list.js'
import { To } from '../../parts/to.js'
import { isUnderWay, operationTone } from '../../words/operation-words.js'

const LOOK_MS = 500

export interface ProgressProps {
  readonly operation: string
  readonly onOpen: (slug: string, tab?: string) => void
  readonly onAnother: () => void
}

/** How far the creation of a tenant is, while it goes on and when it has ended. */
export function Progress({ operation, onOpen, onAnother }: ProgressProps): ReactElement {
  const [ended, setEnded] = useState(false)
  const { output, fault, refused, again } = useRead('operation.show', { operation }, { every: ended ? undefined : LOOK_MS, keep: false })
  if (output !== undefined && ended === isUnderWay(output.state)) setEnded(!ended)
  if (output === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const { state, createdAt, endedAt } = output
  const slug = slugOf(output)
  return (
    <>
      <Panel
        actions={
          <span className="flex items-center gap-2 text-soft">
            <Took from={createdAt} to={endedAt} />
            <Badge live={isUnderWay(state)} tone={operationTone(state)}>
              {state}
            </Badge>
          </span>
        }
        title={`Create ${slug}`}
      >
        <StepList operation={output} />
        <p className="mt-3">
          <To className="text-accent underline" params={{ operation }} to="/operations/$operation">
            The operation
          </To>
        </p>
      </Panel>
      <div role="status">{state === 'succeeded' ? <p className="font-medium">{slug} is there.</p> : null}</div>
      {output.fault === null ? null : (
        <FailureNote
          failure={{
            code: output.fault.code,
            cause: output.fault.message,
            remedy: 'look at what the operation says, then create it anew or with another name',
            issues: [],
          }}
        />
      )}
      <div className="flex flex-wrap gap-2">
        {state === 'succeeded' ? (
          <>
            <Button icon="forward" look="main" onClick={() => onOpen(slug)}>
              Open {slug}
            </Button>
            <Button icon="code" onClick={() => onOpen(slug, 'connect')}>
              How to connect
            </Button>
          </>
        ) : null}
        {isUnderWay(state) ? null : (
          <Button icon="plus" onClick={onAnother}>
            Create another
          </Button>
        )}
      </div>
    </>
  )
}

/** As it was asked for; and as it is, once it is there. */
function slugOf({ input, result }: OutputOf<'operation.show'>): string {
  const made = (result as { readonly slug?: unknown } | null)?.slug ?? input.slug
  return typeof made === 'string' ? made : 'a tenant'
}
