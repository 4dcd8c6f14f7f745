import type { ComponentType } from 'react'
import type { OperationName } from '../data/names.js'

export interface ScreenLine {
  /** With `$name` for what changes: `/tenants/$tenant`. */
  readonly path: string
  /** In the navigation and in the title of the page. */
  readonly name: string
  /** Where it stands in the navigation: 10 to 19 the fleet, 20 to 29 the work, 30 to 39 the servers, 40 to 49 the platform. Without one it is not in it. */
  readonly nav?: number
  /** The letter that leads here behind `g`. */
  readonly key?: string
  /** Whoever may not run this sees nothing there: it is in no navigation of theirs, and says so in its place. */
  readonly of?: OperationName
  /** Its code, loaded when it is first shown. */
  readonly load: () => Promise<{ readonly Screen: ComponentType }>
}

/** Where whoever is not signed in is led. */
export const SIGN_IN = '/sign-in'

export const NAV_GROUPS: readonly { readonly from: number; readonly name: string }[] = [
  { from: 10, name: 'Fleet' },
  { from: 20, name: 'Work' },
  { from: 30, name: 'Servers' },
  { from: 40, name: 'Platform' },
]
