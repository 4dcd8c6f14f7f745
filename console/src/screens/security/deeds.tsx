import type { ReactElement } from 'react'
import type { OutputOf, RowOf } from 'tenantry/api'
import { useRead } from '../../data/read.js'
import { Deed } from '../../parts/deed.js'
import { SecretDeed } from '../../parts/secret-deed.js'

export type ApiKey = RowOf<'key.list'>
export type TokenKeys = OutputOf<'assurance.show'>['data'][number]

/** What can be asked for here. */
export type SecurityDeed =
  | { readonly deed: 'attack' | 'fix'; readonly cluster: string | undefined }
  | { readonly deed: 'create-key' | 'rewrap' }
  | { readonly deed: 'revoke'; readonly key: ApiKey }
  | { readonly deed: 'rotate-tokens' | 'retire-tokens' | 'assurance'; readonly of: TokenKeys }
  | { readonly deed: 'rotate-data'; readonly tenant: string | undefined }
  | { readonly deed: 'destroy-data'; readonly slug: string; readonly alive: boolean }

export interface AskedDeedProps {
  readonly asked: SecurityDeed
  readonly ask: (deed: SecurityDeed | undefined) => void
}

/** The dialog of one of them. */
export function AskedDeed({ asked, ask }: AskedDeedProps): ReactElement {
  const clusters = useRead('cluster.list', {}).output?.data.map(({ name }) => name) ?? []
  const onClose = () => ask(undefined)
  switch (asked.deed) {
    case 'attack':
      return (
        <Deed
          ask={['cluster', 'isolation', 'only']}
          detach
          fixed={{}}
          initial={asked.cluster === undefined ? {} : { cluster: asked.cluster }}
          name="doctor.attack"
          onClose={onClose}
          says="Two scratch tenants of each isolation are made, one attacks the other in every way that is known, and both are destroyed. No other tenant is touched."
          suggest={{ cluster: clusters }}
          title="Attack the walls"
          verb="Attack"
        />
      )
    case 'fix':
      return (
        <Deed
          ask={[]}
          detach
          fixed={asked.cluster === undefined ? {} : { cluster: asked.cluster }}
          name="doctor.fix"
          onClose={onClose}
          says={
            <>
              What Tenantry made is made right again wherever that is safe,{' '}
              {asked.cluster === undefined ? 'on every cluster' : `on ${asked.cluster}`}: all of it, also what a filter of the list leaves
              out. Nothing is taken away that somebody else may have meant.
            </>
          }
          title="Repair what is safe to repair"
          verb="Repair"
        />
      )
    case 'create-key':
      return (
        <SecretDeed
          fixed={{}}
          name="key.create"
          onClose={onClose}
          says="For a program. It may do what its role may, until it expires or is revoked."
          secretOf={({ key }) => key}
          secretSays="A program sends it as a bearer token (Authorization). The lines of this console take it from TENANTRY_API_KEY."
          secretTitle="The new API key"
          suggest={{ expires: ['24h', '30d', '90d', '365d'] }}
          title="New API key"
          verb="Make it"
        />
      )
    case 'revoke':
      return (
        <Deed
          ask={[]}
          danger
          fixed={{ key: asked.key.id }}
          name="key.revoke"
          onClose={onClose}
          says={
            <>
              {asked.key.name} ({asked.key.hint}) is refused from now on, and its streams end. This cannot be taken back; make another one.
            </>
          }
          title="Revoke the API key"
          types={asked.key.name}
          verb="Revoke"
        />
      )
    case 'rotate-tokens':
      return (
        <Deed
          ask={[]}
          fixed={{ cluster: asked.of.cluster, database: asked.of.database }}
          name="assurance.rotate"
          onClose={onClose}
          says="Applications sign with a new key from now on. The one before is believed as well, until it is retired: nobody is refused meanwhile."
          title={`Rotate the token key of ${asked.of.cluster}/${asked.of.database}`}
          verb="Rotate"
        />
      )
    case 'retire-tokens':
      return (
        <Deed
          ask={['grace']}
          danger
          fixed={{ cluster: asked.of.cluster, database: asked.of.database, retire: true }}
          name="assurance.rotate"
          onClose={onClose}
          says="The database refuses what the key from before has signed. An application that has not asked for a placement since then is refused once, and asks."
          title={`Retire the old token key of ${asked.of.cluster}/${asked.of.database}`}
          verb="Retire"
        />
      )
    case 'assurance':
      return (
        <Deed
          ask={['to', 'parallel']}
          detach
          fixed={{ cluster: asked.of.cluster, database: asked.of.database }}
          initial={{ to: asked.of.assurance === 'strict' ? 'standard' : 'strict' }}
          name="assurance.set"
          onClose={onClose}
          says="Strict: whoever enters a tenant shows a token that is signed, so that SQL alone enters none. Tenants change over one by one, while applications go on."
          title={`How hard the wall of ${asked.of.cluster}/${asked.of.database} is`}
          verb="Change"
        />
      )
    case 'rotate-data':
      return (
        <Deed
          ask={asked.tenant === undefined ? ['tenant'] : []}
          fixed={asked.tenant === undefined ? {} : { tenant: asked.tenant }}
          name="datakey.rotate"
          onClose={onClose}
          says="The next archives are written with a new data key. Those that there are stay readable, and are not rewritten."
          title={asked.tenant === undefined ? 'Rotate the data key of a tenant' : `Rotate the data key of ${asked.tenant}`}
          verb="Rotate"
        />
      )
    case 'rewrap':
      return (
        <Deed
          ask={[]}
          detach
          fixed={{}}
          name="datakey.rewrap"
          onClose={onClose}
          says="Every data key is wrapped anew with the first master secret of the configuration; a former one opens none of them afterwards. No archive is rewritten."
          title="Wrap all data keys anew"
          verb="Wrap anew"
        />
      )
    case 'destroy-data':
      return (
        <Deed
          ask={['reason']}
          danger
          detach
          fixed={{ tenant: asked.slug, ...(asked.alive ? { alive: true } : {}) }}
          name="datakey.destroy"
          onClose={onClose}
          says={
            <>
              No copy of any backup of {asked.slug} can ever be read again, wherever it is kept.
              {asked.alive ? ' The tenant is not deleted: no backup can be made of it any more.' : ''}
            </>
          }
          title={`Destroy the data keys of ${asked.slug}`}
          types={asked.slug}
          verb="Destroy"
        />
      )
  }
}
