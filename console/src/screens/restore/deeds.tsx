import type { ReactElement } from 'react'
import { Deed } from '../../parts/deed.js'

/** What can be asked for here, and of which home. */
export type HomeDeed = { readonly deed: 'repoint' | 'drop'; readonly home: string } | { readonly deed: 'pointback' | 'clone' }

export interface AskedDeedProps {
  readonly asked: HomeDeed
  readonly tenant: { readonly slug: string }
  readonly etag: string | undefined
  readonly onStale: () => void
  readonly onClose: () => void
}

/** The dialog of one of them. Where a tenant lives is changed only for the version that was shown. */
export function AskedDeed({ asked, tenant: { slug }, etag, onStale, onClose }: AskedDeedProps): ReactElement {
  const versioned = { ifMatch: etag, onStale, onClose }
  switch (asked.deed) {
    case 'repoint':
      return (
        <Deed
          {...versioned}
          ask={['grace', 'anyVersion']}
          danger
          fixed={{ tenant: slug, home: asked.home, confirm: slug }}
          name="tenant.repoint"
          says={
            <>
              {slug} lives in this home from now on. What it has written to the one that it lives in, and is not in this one, it sees no
              more. That one is kept for the grace, and it can be pointed back.
            </>
          }
          title={`Point ${slug} to another home`}
          types={slug}
          verb="Re-point"
        />
      )
    case 'pointback':
      return (
        <Deed
          {...versioned}
          ask={['grace', 'anyVersion']}
          fixed={{ tenant: slug }}
          name="tenant.pointback"
          says={<>{slug} lives in its former home again. What it has written since it left that one is not in there.</>}
          title={`Point ${slug} back`}
          verb="Point back"
        />
      )
    case 'drop':
      return (
        <Deed
          danger
          ask={[]}
          fixed={{ tenant: slug, home: asked.home }}
          name="tenant.dropbeside"
          onClose={onClose}
          says={<>This home and all that is in it are destroyed. {slug} does not live there.</>}
          title="Drop a home"
          types={slug}
          verb="Destroy"
        />
      )
    case 'clone':
      return (
        <Deed
          {...versioned}
          detach
          fixed={{ tenant: slug }}
          name="tenant.clone"
          says="A new tenant gets all its rows, as they are at one moment."
          title={`Clone ${slug}`}
          verb="Clone"
        />
      )
  }
}
