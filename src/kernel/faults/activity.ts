import { row } from './row.js'

/** Sessions of servers, as they are seen at one moment. */
export const ACTIVITY_FAULTS = {
  BACKEND_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { cluster: string; backend: string }) => `cluster "${f.cluster}" has no session ${f.backend} any more`,
    (f) => `nothing is left to be stopped; \`tenantry activity list --cluster ${f.cluster}\` shows who is there`,
  ),
  BACKEND_CHANGED: row(
    409,
    6,
    false,
    (f: { cluster: string; backend: string; now: string }) => `session ${f.backend} of cluster "${f.cluster}" was let alone: ${f.now}`,
    (f) => `look again with \`tenantry activity list --cluster ${f.cluster}\`, and name what is to be stopped now`,
  ),
  BACKEND_FOREIGN: row(
    409,
    6,
    false,
    (f: { cluster: string; backend: string; login: string }) =>
      `session ${f.backend} of cluster "${f.cluster}" is of "${f.login}", which is no login of the platform's applications`,
    () => 'whoever administers that server can end it there; what Tenantry itself does is stopped by `tenantry operation cancel`',
  ),
} as const
