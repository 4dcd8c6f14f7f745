import { fault } from '../kernel/faults.js'
import { parseStrictJson } from '../kernel/strict-json.js'

export const BODY_LIMIT = 1_048_576

const invalid = (reason: string) => fault('BODY_INVALID', { reason })

/** The JSON object in the body; an empty body is an empty object. Throws BODY_TOO_LARGE, MEDIA_TYPE, BODY_INVALID. */
export async function readJsonBody(request: Request): Promise<Record<string, unknown>> {
  const bytes = await readBytes(request)
  if (bytes.length === 0) return {}
  checkMediaType(request.headers)
  let text: string
  try {
    // A byte order mark is kept, and then refused as what it is: not JSON.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw invalid('it is not UTF-8')
  }
  return parseStrictJson(text, invalid)
}

/** Throws BODY_INVALID when a request whose method takes no body has one. */
export async function refuseBody(request: Request): Promise<void> {
  const { headers } = request
  const announced = Number(headers.get('content-length') ?? 0) > 0 || headers.has('transfer-encoding')
  const has = request.method === 'DELETE' ? (await readBytes(request)).length > 0 : announced
  if (has) throw invalid(`${request.method} takes no body`)
}

/** Stops at the limit, whether the length was announced or not. */
async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > BODY_LIMIT) throw fault('BODY_TOO_LARGE', { limit: BODY_LIMIT })
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch((): never => {
      throw invalid('it ended before it was complete')
    })
    if (done) return Buffer.concat(chunks)
    length += value.length
    if (length > BODY_LIMIT) {
      reader.cancel().catch(() => {})
      throw fault('BODY_TOO_LARGE', { limit: BODY_LIMIT })
    }
    chunks.push(value)
  }
}

function checkMediaType(headers: Headers): void {
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw fault('MEDIA_TYPE', { type: `Content-Encoding: ${shown(encoding)}` })
  const type = headers.get('content-type') ?? ''
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) throw fault('MEDIA_TYPE', { type: shown(type) })
}

const shown = (header: string): string => header.slice(0, 100)
