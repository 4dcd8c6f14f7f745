import { row } from './row.js'

/** People: sign-in, sessions, invitations. */
export const PEOPLE_FAULTS = {
  SIGN_IN_FAILED: row(
    401,
    5,
    false,
    () => 'the name or the password is wrong',
    () => 'try again; whoever has forgotten theirs asks an administrator for a new link: `tenantry user invite NAME`',
  ),
  SIGN_IN_LOCKED: row(
    429,
    7,
    true,
    (f: { seconds: number }) => `too many sign-ins with this name have failed: the next is looked at in ${f.seconds} s`,
    () => 'wait for as long as Retry-After says; `tenantry user unlock NAME`, or a new link, opens it at once',
  ),
  SIGN_IN_UNAVAILABLE: row(
    503,
    7,
    true,
    (f: { reason: string }) => `the issuer that people sign in at cannot be asked: ${f.reason}`,
    () => 'try again; see `console.oidc` in the configuration, and whether the issuer can be reached from here',
  ),
  SESSION_ENDED: row(
    401,
    5,
    false,
    () => 'nobody is signed in here, or the session has ended',
    () => 'sign in again',
  ),
  SESSION_NEEDED: row(
    403,
    5,
    false,
    (f: { operation: string }) => `${f.operation} is for people who are signed in, not for API keys or the command line`,
    () => 'sign in to the console, and do it there',
  ),
  SESSION_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { session: string }) => `no session "${f.session}"`,
    () => 'see `tenantry session list`, and for your own the settings of the console',
  ),
  BREAKGLASS_FORBIDDEN: row(
    403,
    5,
    false,
    (f: { user: string }) => `"${f.user}" has no role that breaking glass would give`,
    () => 'a fleet-admin gives one beforehand: `tenantry user set NAME --break-glass ROLE`',
  ),
  BREAKGLASS_OPEN: row(
    409,
    6,
    false,
    (f: { user: string; until: string }) => `in this session "${f.user}" has a stronger role already, until ${f.until}`,
    () => 'give it back first, to have it for longer or for another reason: breakglass close',
  ),
  BREAKGLASS_CLOSED: row(
    409,
    6,
    false,
    (f: { user: string }) => `in this session "${f.user}" has no other role than their own`,
    () => 'there is nothing to give back; see `tenantry breakglass list`',
  ),
  REQUEST_FORGED: row(
    403,
    5,
    false,
    (f: { why: string }) => `it cannot be told that a page of ours has sent this request: ${f.why}`,
    () =>
      'send it from the console, or with an API key; requests with a session need the header X-Tenantry-CSRF that GET /v1/session tells',
  ),
  INVITATION_INVALID: row(
    410,
    4,
    false,
    () => 'the link is unknown, was used already, or is too old',
    () => 'ask for a new one: `tenantry user invite NAME`',
  ),
  USER_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { user: string }) => `nobody has the name "${f.user}"`,
    () => 'see `tenantry user list`',
  ),
  USER_EXISTS: row(
    409,
    6,
    false,
    (f: { user: string; role: string }) => `"${f.user}" is there already, with the role ${f.role}`,
    () => 'leave --role and --tenant away for a new link; `tenantry user set` changes them',
  ),
  USER_DISABLED: row(
    409,
    6,
    false,
    (f: { user: string }) => `"${f.user}" is disabled`,
    () => 'enable them first: `tenantry user enable NAME`',
  ),
} as const
