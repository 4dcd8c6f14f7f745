import { createApiClient } from 'tenantry/api'
import { isAtWork } from './at-work.js'

let token: string | undefined
let refused = (): void => {}

/** What every change of a signed-in browser must carry, told by `GET /v1/session`. */
export const setRequestToken = (told: string | undefined): void => {
  token = told
}

/** Told when an answer says that nobody is signed in here. */
export const onRefused = (tell: () => void): void => {
  refused = tell
}

/** What a page asks while nobody is at it must not keep its session alive. */
export const headersOf = (init: RequestInit): Record<string, string> => ({
  ...(init.headers as Record<string, string> | undefined),
  ...(token === undefined || init.method === undefined || init.method === 'GET' ? {} : { 'X-Tenantry-CSRF': token }),
  ...(isAtWork() ? {} : { 'X-Tenantry-Background': '1' }),
})

/** The API that this page came from. Only data/ asks it: screens read by `useRead` and `usePages`, and change by `useChange`. */
export const api = createApiClient({
  url: '',
  fetch: async (url, init) => {
    const response = await fetch(url, { ...init, headers: headersOf(init) })
    if (response.status === 401) refused()
    return response
  },
})
