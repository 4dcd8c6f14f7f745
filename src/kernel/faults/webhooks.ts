import { row } from './row.js'

/** Events that are told over HTTP. */
export const WEBHOOK_FAULTS = {
  WEBHOOK_KEY_MISSING: row(
    409,
    2,
    false,
    () => 'the configuration names no secret for webhooks, so that nothing that they are sent could be signed',
    () => 'set `webhooks: { secret }`, a reference to what `openssl rand -hex 32` has made; the page docs/webhooks.md tells more',
  ),
  WEBHOOK_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { webhook: string }) => `there is no webhook "${f.webhook}"`,
    () => 'tenantry webhook list',
  ),
  WEBHOOK_EXISTS: row(
    409,
    6,
    false,
    (f: { name: string }) => `there is a webhook "${f.name}" already`,
    () => 'take another name, or change the one that is there with `tenantry webhook set`',
  ),
  WEBHOOK_ADDRESS: row(
    422,
    5,
    false,
    (f: { host: string; reason: string }) => `nothing is sent to ${f.host}: ${f.reason}`,
    () => 'name a server of the public Internet by https, or its network in `webhooks: { allow }` of the configuration',
  ),
  WEBHOOK_DISABLED: row(
    409,
    6,
    false,
    (f: { webhook: string }) => `the webhook "${f.webhook}" is disabled`,
    (f) => `tenantry webhook set "${f.webhook}" --state live`,
  ),
  EVENT_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { event: string }) => `there is no event ${f.event}, or it is older than 7 days`,
    () => 'tenantry event list',
  ),
} as const
