import { row } from './row.js'

/** Saved views of lists. */
export const VIEW_FAULTS = {
  VIEW_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { view: string }) => `no saved view "${f.view}" of yours`,
    () => 'see `tenantry view list`; one that somebody else shares is removed with --shared',
  ),
  VIEWS_FULL: row(
    409,
    6,
    false,
    (f: { most: number }) => `you have ${f.most} saved views, and more are not kept`,
    () => 'remove one with `tenantry view remove ID`, or save under a name that is there',
  ),
} as const
