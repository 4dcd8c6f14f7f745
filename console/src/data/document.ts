import { useQuery } from '@tanstack/react-query'
import { ROUTES } from 'tenantry/api'
import type { Failure } from './doings.js'
import type { OperationName } from './names.js'
import { inputSchema, type Schema } from './schema-fields.js'

/** What an operation takes, as the document of the API describes it. The document is asked for once, when a form is first opened. */
export function useInputSchema(
  name: OperationName,
  enabled = true,
): { readonly schema: Schema | undefined; readonly fault: Failure | undefined } {
  const { data, error } = useQuery({
    queryKey: ['document'],
    queryFn: async ({ signal }): Promise<unknown> => {
      const response = await fetch('/openapi.json', { signal })
      if (!response.ok) throw new TypeError(`status ${response.status}`)
      return response.json()
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    enabled,
  })
  const { method, path } = ROUTES[name]
  return {
    schema: data === undefined ? undefined : inputSchema(data, method, path),
    fault:
      error === null
        ? undefined
        : {
            code: 'API_UNREACHABLE',
            cause: `the description of the API cannot be read: ${error.message}`,
            remedy: 'open the form anew',
            issues: [],
          },
  }
}
