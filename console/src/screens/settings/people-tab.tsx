import type { ReactElement } from 'react'
import { usePages, useRead } from '../../data/read.js'
import { Badge } from '../../parts/badge.js'
import { Button } from '../../parts/button.js'
import { Empty } from '../../parts/empty.js'
import { EquivalentOf } from '../../parts/equivalent.js'
import { JsonFold } from '../../parts/json-view.js'
import { Moment } from '../../parts/moment.js'
import { DetailPanel, Facts, Panel } from '../../parts/page.js'
import { PagedTable } from '../../parts/paged-table.js'
import { Pending } from '../../parts/pending.js'
import { Refusal } from '../../parts/refusal.js'
import type { Column } from '../../parts/table.js'
import { To } from '../../parts/to.js'
import { type Search, useAddress } from '../../shell/address.js'
import type { Tone } from '../../words/tone.js'
import type { Person } from './deeds.js'
import { Sessions } from './sessions.js'
import type { TabProps } from './settings.js'

const TONES: Readonly<Record<Person['state'], Tone>> = { active: 'good', invited: 'accent', waiting: 'warn', disabled: 'bad' }

const readPerson = ({ person }: Search): string | undefined => person

/** Who may sign in, and as what. */
export function PeopleTab({ ask }: TabProps): ReactElement {
  const { filter: person, set } = useAddress(readPerson)
  const invite = (
    <Button icon="plus" look="main" of="user.invite" onClick={() => ask({ deed: 'invite' })}>
      Invite somebody …
    </Button>
  )
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-soft">People sign in by name and password. Programs have API keys, under Security.</p>
        {invite}
      </div>
      <Refusal name="user.list">
        {person === undefined ? null : <Detail ask={ask} key={person} name={person} onClose={() => set({ person: undefined })} />}
        <List invite={invite} onOpen={(name) => set({ person: name })} />
        {person === undefined ? (
          <Panel title="Who is signed in">
            <Sessions ask={ask} />
          </Panel>
        ) : null}
      </Refusal>
      <EquivalentOf input={{}} name="user.list" />
    </div>
  )
}

function List({ invite, onOpen }: { readonly invite: ReactElement; readonly onOpen: (name: string) => void }): ReactElement {
  const list = usePages('user.list', {})
  return (
    <PagedTable
      height="half"
      columns={COLUMNS}
      empty={
        <Empty
          command="tenantry user invite anna --role operator"
          icon="user"
          says="Make a link for each person: what they do stands under their name then."
          step={invite}
          title="Nobody has been invited"
        />
      }
      keyOf={({ id }) => id}
      label="People"
      nameOf={({ name }) => name}
      onOpen={({ name }) => onOpen(name)}
      list={list}
    />
  )
}

const state = ({ state: now }: Pick<Person, 'state'>): ReactElement => <Badge tone={TONES[now]}>{now}</Badge>

const COLUMNS: readonly Column<Person>[] = [
  {
    id: 'name',
    head: 'Name',
    cell: ({ name }) => (
      <To className="font-medium hover:underline" search={(before: Search) => ({ ...before, person: name })} tabIndex={-1} to="/settings">
        {name}
      </To>
    ),
  },
  { id: 'shown', head: 'Shown as', cell: ({ shownAs }) => shownAs },
  { id: 'role', head: 'Role', cell: ({ role }) => role },
  { id: 'tenant', head: 'Tenant', cell: ({ tenant }) => tenant },
  { id: 'glass', head: 'Breaking glass', cell: ({ breakGlass }) => breakGlass },
  { id: 'state', head: 'State', cell: state },
  { id: 'in', head: 'Signed in', cell: ({ signedInAt }) => <Moment at={signedInAt} /> },
  { id: 'link', head: 'Link until', cell: ({ invitedUntil }) => <Moment at={invitedUntil} /> },
  { id: 'made', head: 'Made', cell: ({ createdAt }) => <Moment at={createdAt} /> },
]

interface DetailProps extends TabProps {
  readonly name: string
  readonly onClose: () => void
}

/** One person: what they may do, where they are signed in, and what can be done about it. */
function Detail({ name, ask, onClose }: DetailProps): ReactElement {
  const { output: person, etag, fault, refused, again } = useRead('user.show', { user: name }, { keep: false })
  if (person === undefined) return <Pending again={again} fault={fault} refused={refused} />
  const disabled = person.state === 'disabled'
  return (
    <DetailPanel closes="Close the person" onClose={onClose} title={person.shownAs}>
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap gap-2">
          <Button of="user.set" onClick={() => ask({ deed: 'set-person', person, etag, again })}>
            Change …
          </Button>
          <Button
            icon="key"
            of="user.invite"
            onClick={() => ask({ deed: 'link', person })}
            refused={
              person.issuer !== null
                ? 'They sign in at their issuer, and have no password here'
                : disabled
                  ? 'They are disabled: enable them before'
                  : undefined
            }
          >
            New link …
          </Button>
          <Button icon="lock" of="user.unlock" onClick={() => ask({ deed: 'unlock', person })}>
            Unlock …
          </Button>
          {disabled ? (
            <Button of="user.enable" onClick={() => ask({ deed: 'enable', person })}>
              Enable …
            </Button>
          ) : (
            <Button look="danger" of="user.disable" onClick={() => ask({ deed: 'disable', person })}>
              Disable …
            </Button>
          )}
        </div>
        <Facts
          of={[
            ['Signs in as', person.name],
            ['State', state(person)],
            ['Role', person.tenant === null ? person.role : `${person.role} of ${person.tenant}`],
            ['Vouched for by', person.issuer ?? undefined],
            ['Breaking glass', person.breakGlass === null ? 'not for them' : `${person.breakGlass}, for a while`],
            ['Signed in', <Moment at={person.signedInAt} key="in" />],
            ['Link until', person.invitedUntil === null ? undefined : <Moment at={person.invitedUntil} key="until" />],
            ['Disabled', person.disabledAt === null ? undefined : <Moment at={person.disabledAt} key="disabled" />],
            [
              'Made',
              <span key="made">
                <Moment at={person.createdAt} /> by {person.createdBy}
              </span>,
            ],
          ]}
        />
        <Sessions ask={ask} user={person.name} />
        <JsonFold label={`${person.name} as JSON`} value={person} />
        <EquivalentOf input={{ user: person.name }} name="user.show" />
      </div>
    </DetailPanel>
  )
}
