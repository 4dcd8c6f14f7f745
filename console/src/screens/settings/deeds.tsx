import type { ReactElement } from 'react'
import type { OutputOf, RowOf } from 'tenantry/api'
import { Deed } from '../../parts/deed.js'
import { SecretDeed } from '../../parts/secret-deed.js'

export type Person = OutputOf<'user.show'>
export type PersonSession = RowOf<'session.list'>
export type OwnSession = OutputOf<'session.own'>['data'][number]
export type Webhook = OutputOf<'webhook.show'>
export type View = RowOf<'view.list'>

/** What can be asked for here, and of whom. */
export type SettingsDeed =
  | { readonly deed: 'invite' | 'add-webhook' }
  | { readonly deed: 'link' | 'disable' | 'enable' | 'unlock'; readonly person: Person }
  | { readonly deed: 'set-person'; readonly person: Person; readonly etag: string | undefined; readonly again: () => void }
  | { readonly deed: 'end'; readonly session: PersonSession }
  | { readonly deed: 'leave'; readonly session: OwnSession }
  | { readonly deed: 'take-back'; readonly session: PersonSession; readonly again: () => void }
  | {
      readonly deed: 'set-webhook' | 'live' | 'still'
      readonly webhook: Webhook
      readonly etag: string | undefined
      readonly again: () => void
    }
  | { readonly deed: 'rotate' | 'remove' | 'redeliver'; readonly webhook: Webhook }
  | { readonly deed: 'again'; readonly webhook: Webhook; readonly event: string }
  | { readonly deed: 'remove-view'; readonly view: View }

/** A link that the server answers without an address is one of this console. */
const wholeLink = (link: string): string => (link.startsWith('/') ? `${location.origin}${link}` : link)

const LINK = 'It works once, within 24 hours. Whoever opens it chooses a password, and is signed in as this person.'
const SIGNED = 'Its receiver checks the signatures of messages with it.'

export interface AskedDeedProps {
  readonly asked: SettingsDeed
  readonly onClose: () => void
}

/** The dialog of one of them. */
export function AskedDeed({ asked, onClose }: AskedDeedProps): ReactElement {
  if ('person' in asked) return <PersonDeed asked={asked} onClose={onClose} />
  if ('webhook' in asked) return <WebhookDeed asked={asked} onClose={onClose} />
  switch (asked.deed) {
    case 'invite':
      return (
        <SecretDeed
          fixed={{}}
          name="user.invite"
          onClose={onClose}
          require={['role']}
          says="They get a link, choose a password by it, and may do what their role may."
          secretOf={({ link }) => wholeLink(link)}
          secretSays={LINK}
          secretTitle="The link"
          title="Invite somebody"
          verb="Make a link"
        />
      )
    case 'add-webhook':
      return (
        <SecretDeed
          fixed={{}}
          name="webhook.add"
          onClose={onClose}
          says="An address is told of events from now on, by signed messages that are sent again until they arrive."
          secretOf={({ secret }) => secret}
          secretSays={SIGNED}
          secretTitle="The secret of the webhook"
          title="Add a webhook"
          verb="Add"
        />
      )
    case 'end':
      return (
        <Deed
          ask={[]}
          danger
          fixed={{ session: asked.session.id }}
          name="session.end"
          onClose={onClose}
          says={<>{asked.session.user} is signed out there at once. With their password they may sign in again.</>}
          title={`End a session of ${asked.session.user}`}
          verb="End it"
        />
      )
    case 'leave':
      return (
        <Deed
          ask={[]}
          danger
          fixed={{ session: asked.session.id }}
          name="session.leave"
          onClose={onClose}
          says="You are signed out there at once. Whoever knows your password may sign in again: if somebody does, choose another."
          title="End a session of yours"
          verb="End it"
        />
      )
    case 'take-back':
      return (
        <Deed
          ask={[]}
          fixed={{ session: asked.session.id }}
          name="breakglass.close"
          onClose={onClose}
          onDone={asked.again}
          says={<>In that session {asked.session.user} has their own role again at once. Both stand in the audit and in the events.</>}
          title={`Take the role back from ${asked.session.user}`}
          verb="Take it back"
        />
      )
    case 'remove-view':
      return (
        <Deed
          ask={[]}
          danger
          fixed={{ view: asked.view.id, ...(asked.view.mine ? {} : { shared: true }) }}
          name="view.remove"
          onClose={onClose}
          says={<>{asked.view.shared ? 'Others do not see it any more either.' : 'Nobody else has seen it.'}</>}
          title={`Remove the view ${asked.view.name}`}
          verb="Remove"
        />
      )
  }
}

function PersonDeed({
  asked,
  onClose,
}: {
  readonly asked: Extract<SettingsDeed, { readonly person: Person }>
  readonly onClose: () => void
}): ReactElement {
  const { person } = asked
  const { name } = person
  switch (asked.deed) {
    case 'set-person':
      return (
        <Deed
          ask={person.issuer === null ? ['role', 'tenant', 'shownAs', 'breakGlass'] : ['breakGlass']}
          fixed={{ user: name }}
          ifMatch={asked.etag}
          initial={{ role: person.role, shownAs: person.shownAs, breakGlass: person.breakGlass ?? 'none' }}
          name="user.set"
          onClose={onClose}
          onStale={() => {
            onClose()
            asked.again()
          }}
          says={
            <>
              It holds at once, also in the sessions that they have.
              {person.issuer === null ? null : ' What else they may do, and how they are called, their issuer says at each sign-in.'}
            </>
          }
          title={`Change ${name}`}
          verb="Save"
        />
      )
    case 'link':
      return (
        <SecretDeed
          ask={[]}
          fixed={{ name }}
          name="user.invite"
          onClose={onClose}
          says="For whoever has forgotten the password, or whose link is too old. A link that they had before works no more; when it is used, all sessions that they have end."
          secretOf={({ link }) => wholeLink(link)}
          secretSays={LINK}
          secretTitle={`The link for ${name}`}
          title={`A new link for ${name}`}
          verb="Make a link"
        />
      )
    case 'disable':
      return (
        <Deed
          ask={[]}
          danger
          fixed={{ user: name }}
          name="user.disable"
          onClose={onClose}
          says="They are signed out everywhere at once, and sign in no more. What they have done stays under their name."
          title={`Disable ${name}`}
          types={name}
          verb="Disable"
        />
      )
    case 'enable':
      return (
        <Deed
          ask={[]}
          fixed={{ user: name }}
          name="user.enable"
          onClose={onClose}
          says="They may sign in again, with the password that they had."
          title={`Enable ${name}`}
          verb="Enable"
        />
      )
    case 'unlock':
      return (
        <Deed
          ask={[]}
          fixed={{ user: name }}
          name="user.unlock"
          onClose={onClose}
          says="Failed sign-ins with this name are forgotten: the next one is looked at at once."
          title={`Unlock ${name}`}
          verb="Unlock"
        />
      )
  }
}

function WebhookDeed({
  asked,
  onClose,
}: {
  readonly asked: Extract<SettingsDeed, { readonly webhook: Webhook }>
  readonly onClose: () => void
}): ReactElement {
  const { webhook } = asked
  const { id, name } = webhook
  const fixed = { webhook: id }
  const held =
    'etag' in asked
      ? {
          ifMatch: asked.etag,
          onStale: () => {
            onClose()
            asked.again()
          },
        }
      : {}
  switch (asked.deed) {
    case 'set-webhook':
      return (
        <Deed
          ask={['name', 'url', 'type', 'allTypes']}
          fixed={fixed}
          initial={{ name, url: webhook.url, ...(webhook.types === null ? {} : { type: webhook.types.join('\n') }) }}
          {...held}
          name="webhook.set"
          onClose={onClose}
          says="What is left as it is stays. Messages that wait go to the new address as well."
          title={`Change ${name}`}
          verb="Save"
        />
      )
    case 'live':
      return (
        <Deed
          ask={[]}
          fixed={{ ...fixed, state: 'live' }}
          {...held}
          name="webhook.set"
          onClose={onClose}
          says="It is told of what happens from now on. What has happened meanwhile can be sent again afterwards."
          title={`Have ${name} live again`}
          verb="Have it live"
        />
      )
    case 'still':
      return (
        <Deed
          ask={[]}
          fixed={{ ...fixed, state: 'disabled' }}
          {...held}
          name="webhook.set"
          onClose={onClose}
          says="It is told of nothing, until it is live again."
          title={`Disable ${name}`}
          verb="Disable"
        />
      )
    case 'rotate':
      return (
        <SecretDeed
          ask={[]}
          fixed={fixed}
          name="webhook.rotate"
          onClose={onClose}
          says="Messages are signed with a new secret, and for 24 hours with the one before as well: its receiver has so long to change."
          secretOf={({ secret }) => secret}
          secretSays={SIGNED}
          secretTitle={`The new secret of ${name}`}
          title={`Rotate the secret of ${name}`}
          verb="Rotate"
        />
      )
    case 'remove':
      return (
        <Deed
          ask={[]}
          danger
          fixed={fixed}
          name="webhook.remove"
          onClose={onClose}
          says="It goes with all that waits to be delivered to it, and with what is known of its deliveries."
          title={`Remove ${name}`}
          types={name}
          verb="Remove"
        />
      )
    case 'redeliver':
      return (
        <Deed
          ask={['since']}
          fixed={fixed}
          name="webhook.redeliver"
          onClose={onClose}
          require={['since']}
          says="All that it should have been told of since then and was not is sent."
          suggest={{ since: ['1h', '24h', '7d'] }}
          title={`Send ${name} what it has missed`}
          verb="Send"
        />
      )
    case 'again':
      return (
        <Deed
          ask={[]}
          fixed={{ ...fixed, event: asked.event }}
          name="webhook.redeliver"
          onClose={onClose}
          says="The same message, with the same id: a receiver that has seen it may pass it over."
          title={`Send ${name} the event again`}
          verb="Send"
        />
      )
  }
}
