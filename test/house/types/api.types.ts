import { type ApiClient, isApiFault, type OperationEvent, type TenantShowOutput } from '../../../src/api.js'
import type { ProgressEvent } from '../../../src/engine/progress.js'

declare const api: ApiClient

// What must compile.
export const listed = api.run('tenant.list')
export const shown: Promise<{ readonly output: TenantShowOutput }> = api.run('tenant.show', { tenant: 'acme' })
export const unsaid = api.run('tenant.list', { state: undefined, limit: 10 })
export const slugs = async (): Promise<string[]> => {
  const found: string[] = []
  for await (const { slug } of api.rows('tenant.list', { state: 'active' })) found.push(slug)
  return found
}
export const detached = async (): Promise<TenantShowOutput | undefined> =>
  (await api.run('tenant.create', { slug: 'acme' }, { detach: true })).output
export const told = async (): Promise<string> => {
  const made = await api.attempt('tenant.create', { slug: 'acme' })
  return made.ok ? made.output.id : made.fault.remedy
}
export const narrowed = (error: unknown): string => (isApiFault(error, 'TENANT_EXISTS', 'API_UNREACHABLE') ? error.cause : '')
// What the server sends is what the client says that it gets, and nothing else.
export const sent = (event: ProgressEvent): OperationEvent => event
export const got = (event: OperationEvent): ProgressEvent => event

// What must not.
// @ts-expect-error an operation that is not there
export const unknownName = api.run('tenant.burn', { tenant: 'acme' })
// @ts-expect-error an operation on the caller's own files has no route
export const withoutRoute = api.run('tenant.export', { tenant: 'acme' })
// @ts-expect-error an input without which nothing can be asked
export const inputless = api.run('tenant.show')
// @ts-expect-error a field of another operation
export const foreignField = api.run('tenant.show', { tenant: 'acme', limit: 3 })
// @ts-expect-error a value that the field does not have
export const wrongValue = api.run('tenant.list', { state: 'asleep' })
// @ts-expect-error a list has no slug
export const wrongOutput = async (): Promise<string> => (await api.run('tenant.list')).output.slug
// @ts-expect-error what is one thing has no pages
export const pagesOfOne = api.pages('tenant.show', { tenant: 'acme' })
// @ts-expect-error what is detached may have no output yet
export const early = async (): Promise<TenantShowOutput> => (await api.run('tenant.create', { slug: 'acme' }, { detach: true })).output
// @ts-expect-error an operation that has no stream
export const streamless = api.events('tenant.list', {})
// @ts-expect-error a code that is not in the table
export const unknownCode = (error: unknown): boolean => isApiFault(error, 'TENANT_GONE')
