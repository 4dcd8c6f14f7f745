import type { ReactElement } from 'react'
import type { Standing } from '../data/read.js'
import { Trouble } from './empty.js'
import { Refused } from './refusal.js'

/** In place of what is on its way. */
export const Loading = (): ReactElement => (
  <p className="text-soft" role="status">
    Loading…
  </p>
)

/** In place of an answer that is not there: it is on its way, or why it cannot be had. */
export function Pending({ fault, again, refused }: Pick<Standing, 'fault' | 'again'> & Partial<Pick<Standing, 'refused'>>): ReactElement {
  if (refused !== undefined) return <Refused why={refused} />
  return fault === undefined ? <Loading /> : <Trouble again={again} error={fault} />
}
