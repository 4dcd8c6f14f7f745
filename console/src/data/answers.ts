import { QueryClient } from '@tanstack/react-query'

/** All answers that are shown. A lost connection is made anew by the client of the API; what it gives up is not tried again. */
export const answers = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always', refetchOnWindowFocus: false, gcTime: 5 * 60_000 } },
})
