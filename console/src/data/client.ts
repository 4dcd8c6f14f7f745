import { createApiClient } from 'tenantry/api'

let token: string | undefined

/** What every change of a signed-in browser must carry, told by `GET /v1/session`. */
export const setRequestToken = (told: string | undefined): void => {
  token = told
}

/** The API that this page came from. Only data/ asks it: screens read by `useRead` and `usePages`, and change by `useChange`. */
export const api = createApiClient({
  url: '',
  fetch: (url, init) =>
    fetch(url, token === undefined || init.method === 'GET' ? init : { ...init, headers: { ...init.headers, 'X-Tenantry-CSRF': token } }),
})
