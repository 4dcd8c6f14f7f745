import { type ReactElement, useState } from 'react'
import type { InputOf } from 'tenantry/api'
import { Button } from '../../parts/button.js'
import { Deed } from '../../parts/deed.js'
import { countOf, countWords } from '../../parts/number-words.js'

/** Who is meant: some by their ids, or all that match a filter. */
export interface Meant {
  readonly tenants: ReadonlySet<string> | 'all'
  readonly filter: InputOf<'tenant.count'>
  /** How many these are, as it is shown. */
  readonly count: number
}

type Action = InputOf<'tenant.bulk'>['action']
type Field = keyof InputOf<'tenant.bulk'> & string

interface Said {
  readonly verb: string
  readonly says: string
  readonly ask: readonly Field[]
  readonly require?: readonly Field[]
  readonly danger?: true
}

const ACTIONS: Readonly<Record<Action, Said>> = {
  suspend: {
    verb: 'Suspend',
    says: 'Every scope of them is refused. Nothing is deleted. Those that are suspended already are left as they are.',
    ask: ['reason', 'allowReads'],
    require: ['reason'],
  },
  resume: { verb: 'Resume', says: 'Their scopes are let in again.', ask: [] },
  set: {
    verb: 'Change',
    says: 'What is left empty stays as it is.',
    ask: ['setTier', 'setRegion', 'setLabel', 'unlabel', 'setStatementTimeoutMs', 'setIdleTimeoutMs'],
  },
  backup: { verb: 'Back up', says: 'One backup of each, written while it is served.', ask: ['keep', 'note', 'verify'] },
  migrate: { verb: 'Migrate', says: 'The home of each is brought to the newest migration.', ask: [] },
  delete: {
    verb: 'Delete',
    says: 'Every scope of them is refused. Until the grace is over they can be taken back; after that they may be purged.',
    ask: ['reason', 'grace'],
    require: ['reason'],
    danger: true,
  },
}

export interface BulkBarProps {
  readonly meant: Meant
  /** All that match, where more match than are chosen; undefined while nobody knows. */
  readonly total: number | undefined
  readonly onAll: () => void
  readonly onNone: () => void
}

/** What can be done to those that are chosen, all at once: one operation, which does the same to each. */
export function BulkBar({ meant, total, onAll, onNone }: BulkBarProps): ReactElement {
  const [asked, setAsked] = useState<{ readonly action: Action; readonly meant: Meant }>()
  return (
    <section
      aria-label="What is chosen"
      className="flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-accent-wash px-3 py-1.5"
    >
      <span className="font-medium tabular-nums" role="status">
        {meant.tenants === 'all' ? `All ${countWords(meant.count)} that match` : `${countWords(meant.count)} chosen`}
      </span>
      {meant.tenants === 'all' || total === undefined || total <= meant.count ? null : (
        <Button className="text-accent hover:text-accent" look="bare" onClick={onAll}>
          Choose all {countWords(total)} that match
        </Button>
      )}
      <span className="ml-auto flex flex-wrap gap-1.5">
        {(Object.keys(ACTIONS) as Action[]).map((action) => (
          <Button
            key={action}
            look={ACTIONS[action].danger === true ? 'danger' : 'plain'}
            of="tenant.bulk"
            onClick={() => setAsked({ action, meant })}
          >
            {ACTIONS[action].verb} …
          </Button>
        ))}
        <Button look="bare" onClick={onNone}>
          Choose none
        </Button>
      </span>
      {asked === undefined ? null : <BulkDeed {...asked} onBegun={onNone} onClose={() => setAsked(undefined)} />}
    </section>
  )
}

interface BulkDeedProps {
  readonly action: Action
  readonly meant: Meant
  readonly onBegun: () => void
  readonly onClose: () => void
}

function BulkDeed({ action, meant: { tenants, filter, count }, onBegun, onClose }: BulkDeedProps): ReactElement {
  const { verb, says, ask, require = [], danger } = ACTIONS[action]
  const whom = countOf(count, 'tenant')
  return (
    <Deed
      ask={ask}
      danger={danger ?? false}
      detach
      fixed={{
        action,
        ...(tenants === 'all' ? filter : { tenants: [...tenants] }),
        expect: count,
        ...(danger === true ? { confirm: String(count) } : {}),
      }}
      name="tenant.bulk"
      onBegun={onBegun}
      onClose={onClose}
      require={require}
      says={
        <>
          {says} If by now it is another number than {countWords(count)}, nothing is done.
        </>
      }
      title={`${verb} ${whom}`}
      types={danger === true ? String(count) : undefined}
      verb={`${verb} ${whom}`}
    />
  )
}
