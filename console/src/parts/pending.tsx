import type { ReactElement } from 'react'
import type { Standing } from '../data/read.js'
import { Trouble } from './empty.js'

/** In place of what is on its way. */
export const Loading = (): ReactElement => (
  <p className="text-soft" role="status">
    Loading…
  </p>
)

/** In place of an answer that is not there: it is on its way, or why it cannot be had. */
export const Pending = ({ fault, again }: Pick<Standing, 'fault' | 'again'>): ReactElement =>
  fault === undefined ? <Loading /> : <Trouble again={again} error={fault} />
